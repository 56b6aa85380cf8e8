using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GpuTransformer.Bench.Children;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>The processes that time one side: this program again, under a hidden command. Each prints a line of JSON.</summary>
internal static class SideCommand
{
    private const string Name = "side";
    private const string OursName = "ours";
    private const string TheirsName = "theirs";
    private const string PeaksName = "peaks";

    private static readonly Argument<string> s_row = new("row");
    private static readonly Argument<string> s_candidate = new("candidate");
    private static readonly Option<string> s_models = new("--models") { Required = true };
    private static readonly Option<string> s_shared = new("--shared") { Required = true };
    private static readonly Option<string> s_library = new("--library") { Required = true };
    private static readonly Option<int> s_threads = new("--threads") { Required = true };
    private static readonly Option<double> s_seconds = new("--seconds") { Required = true };

    public static Command Create()
    {
        var ours = new Command(OursName) { s_row, s_models, s_shared, s_threads, s_seconds };
        ours.SetAction(parsed => RunOurs(parsed));
        var theirs = new Command(TheirsName) { s_row, s_candidate, s_library, s_threads, s_seconds };
        theirs.SetAction(parsed => RunTheirs(parsed));
        var peaks = new Command(PeaksName) { s_threads };
        peaks.SetAction(parsed => RunPeaks(parsed));
        return new Command(Name) { Hidden = true, Subcommands = { ours, theirs, peaks } };
    }

    /// <summary>A process that times our side of a row.</summary>
    public static ProcessStartInfo Ours(PeerPlaces places, string row, int threads, double seconds) => This(
        OursName, row, s_models.Name, places.Models, s_shared.Name, places.Shared, s_threads.Name, Text(threads), s_seconds.Name, Text(seconds));

    /// <summary>A process that times a single operator of ONNX Runtime.</summary>
    public static ProcessStartInfo Theirs(string row, string candidate, string library, int threads, double seconds) => This(
        TheirsName, row, candidate, s_library.Name, library, s_threads.Name, Text(threads), s_seconds.Name, Text(seconds));

    /// <summary>A process that measures the machine's peaks.</summary>
    public static ProcessStartInfo Peaks(int threads) => This(PeaksName, s_threads.Name, Text(threads));

    private static ProcessStartInfo This(params IEnumerable<string> arguments) => ChildProcess.This([PeersCommand.Name, Name, .. arguments]);

    private static string Text<T>(T number)
        where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);

    private static int RunOurs(ParseResult parsed)
    {
        KernelSet.CpuThreads = parsed.GetValue(s_threads);
        var row = Row(parsed);
        using var context = new SideContext(parsed.GetValue(s_models)!, parsed.GetValue(s_shared)!);
        using var side = row.Ours(context);
        Console.WriteLine(SideClock.Measure(side, parsed.GetValue(s_seconds)).ToJson());
        return BenchExit.Ok;
    }

    private static int RunTheirs(ParseResult parsed)
    {
        var peer = (OperatorPeer)Row(parsed).Peer;
        var candidate = parsed.GetValue(s_candidate);
        var model = peer.Models.First(m => m.Name == candidate).Make();
        using var session = new OrtSession(parsed.GetValue(s_library)!, model, parsed.GetValue(s_threads));
        Console.WriteLine(SideClock.Measure(session, parsed.GetValue(s_seconds)).ToJson());
        return BenchExit.Ok;
    }

    private static int RunPeaks(ParseResult parsed)
    {
        var threads = parsed.GetValue(s_threads);
        KernelSet.CpuThreads = threads;
        Console.WriteLine(MachinePeaks.Measure(threads).ToJson());
        return BenchExit.Ok;
    }

    private static PeerRow Row(ParseResult parsed) => PeerRows.All.First(row => row.Name == parsed.GetValue(s_row));
}
