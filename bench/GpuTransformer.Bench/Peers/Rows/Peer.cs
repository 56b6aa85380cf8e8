using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GpuTransformer.Bench.Children;

namespace GpuTransformer.Bench.Peers;

/// <summary>Where the peers are.</summary>
/// <param name="Node">The folder with node_modules.</param>
/// <param name="Shared">The folder with the peers' scripts and graphs, and the real models.</param>
/// <param name="Scratch">Where weights are written.</param>
/// <param name="IsKept">What is written there stays.</param>
internal sealed record PeerPlaces(string Node, string Shared, string Scratch, bool IsKept = false)
{
    public string Script(string name) => Path.Combine(Shared, "peers", name);

    /// <summary>ONNX Runtime's weights of the row at hand.</summary>
    public string Weights => Path.Combine(Scratch, "onnxruntime");

    /// <summary>Our random checkpoints.</summary>
    public string Models => Path.Combine(Scratch, "models");
}

/// <summary>The other side of a row: how to start it, and what it answers.</summary>
internal abstract record Peer
{
    /// <summary>Ways that it has for the same work; the fastest is found once and then runs alone.</summary>
    public abstract IReadOnlyList<string> Candidates(PeerPlaces places, int threads);

    /// <summary>Whether the candidates are numbers of threads.</summary>
    public virtual bool CandidatesAreThreads => false;

    /// <summary>One process that times one candidate.</summary>
    /// <param name="places">Where things are.</param>
    /// <param name="row">The row.</param>
    /// <param name="candidate">Which way.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="seconds">How long to time it.</param>
    /// <param name="expected">Milliseconds of a run, where they are known.</param>
    public abstract ProcessStartInfo Command(
        PeerPlaces places, PeerRow row, string candidate, int threads, double seconds, double? expected);

    /// <summary>Milliseconds of a run, from the line of JSON that the process prints.</summary>
    public abstract double Milliseconds(JsonElement answer);

    protected static ProcessStartInfo Node(PeerPlaces places, params IEnumerable<string> arguments) =>
        new("node", arguments) { WorkingDirectory = places.Node };

    protected static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A graph of the shared folder in ONNX Runtime, through its JavaScript binding.</summary>
/// <param name="Graph">Name of the graph.</param>
/// <param name="Times">How often the graph runs for the row's work.</param>
internal sealed record GraphPeer(string Graph, int Times = 1) : Peer
{
    private const int FirstRuns = 3;
    private const int LeastRuns = 3;
    private const int MostRuns = 500;

    public override IReadOnlyList<string> Candidates(PeerPlaces places, int threads) =>
        [.. new[] { Graph, $"{Graph}.fused" }.Where(name => File.Exists(places.Script($"{name}.onnx")))];

    public override ProcessStartInfo Command(
        PeerPlaces places, PeerRow row, string candidate, int threads, double seconds, double? expected)
    {
        var runs = expected is { } time ? (int)Math.Clamp(seconds * 1000 * Times / time, LeastRuns, MostRuns) : FirstRuns;
        return Node(places, places.Script("ort.mjs"), places.Weights, candidate, "--threads", Text(threads), "--runs", Text(runs));
    }

    public override double Milliseconds(JsonElement answer) => Times * ChildOutput.Number(answer, "median");
}

/// <summary>Single operators in ONNX Runtime, through its C API in a child of this program.</summary>
internal sealed record OperatorPeer(params (string Name, Func<OnnxModel> Make)[] Models) : Peer
{
    public override IReadOnlyList<string> Candidates(PeerPlaces places, int threads) => [.. Models.Select(model => model.Name)];

    public override ProcessStartInfo Command(
        PeerPlaces places, PeerRow row, string candidate, int threads, double seconds, double? expected) =>
        SideCommand.Theirs(row.Name, candidate, PeerFiles.OnnxRuntimeLibrary(places.Node), threads, seconds);

    public override double Milliseconds(JsonElement answer) => ChildOutput.Number(answer, "median");
}

/// <summary>llama.cpp on SmolLM2-135M. Its threads spin, so that two can be slower than one: it may take as many as it
/// likes, up to those that ours has.</summary>
/// <param name="Prompt">Tokens of the prompt.</param>
/// <param name="New">Tokens that are decoded.</param>
/// <param name="IsDecoding">Whether the time is that of decoding, else of the prompt.</param>
internal sealed record LlamaPeer(int Prompt, int New, bool IsDecoding) : Peer
{
    private const int MostRounds = 5;

    public override bool CandidatesAreThreads => true;

    public override IReadOnlyList<string> Candidates(PeerPlaces places, int threads) =>
        [.. Enumerable.Range(1, threads).Select(count => $"llama.cpp x{count}")];

    public override ProcessStartInfo Command(
        PeerPlaces places, PeerRow row, string candidate, int threads, double seconds, double? expected)
    {
        var rounds = expected is { } time ? (int)Math.Clamp(seconds * 1000 / time, 1, MostRounds) : 1;
        return Node(
            places, places.Script("llama.mjs"), places.Node, SmolLm2.File(places.Shared), "--threads", candidate[(candidate.IndexOf('x') + 1)..],
            "--prompt", Text(Prompt), "--new", Text(IsDecoding ? New : 1), "--rounds", Text(rounds));
    }

    public override double Milliseconds(JsonElement answer) => IsDecoding
        ? New / ChildOutput.Number(answer, "decode_tokens_per_s") * 1000
        : Prompt / ChildOutput.Number(answer, "prefill_tokens_per_s") * 1000;
}
