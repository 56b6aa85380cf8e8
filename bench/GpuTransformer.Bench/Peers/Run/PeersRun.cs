using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using GpuTransformer.Bench.Children;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>What is asked for.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Threads">Numbers of threads.</param>
/// <param name="Alternations">How often both sides are timed.</param>
/// <param name="Seconds">How long a side is timed at a time.</param>
internal sealed record PeersPlan(IReadOnlyList<PeerRow> Rows, IReadOnlyList<int> Threads, int Alternations, double Seconds);

/// <summary>Times both sides of every row, alternating in separate processes, one process at a time. This process only
/// starts them and waits.</summary>
/// <param name="plan">What is asked for.</param>
/// <param name="places">Where the peers are.</param>
/// <param name="progress">Told what runs.</param>
/// <param name="done">Called after each row.</param>
internal sealed class PeersRun(PeersPlan plan, PeerPlaces places, Action<string> progress, Action<PeersRun> done)
{
    private const string ProcessorFile = "/proc/cpuinfo";

    // The longest takes a tenth of it; one that hangs must not hold up the rows after it.
    private static readonly TimeSpan s_childLimit = TimeSpan.FromMinutes(5);
    private readonly Dictionary<int, List<MachinePeaks>> _peaks = [];
    private readonly List<RowResult> _results = [];
    private readonly Dictionary<(string Row, int Threads), string> _fastest = [];
    private readonly Dictionary<(string Row, string Candidate, int Threads), double> _expected = [];

    /// <summary>Rows that are done.</summary>
    public IReadOnlyList<RowResult> Results => _results;

    /// <summary>The machine's peaks by threads, measured before the rows and after them.</summary>
    public IReadOnlyDictionary<int, MachinePeaks> Peaks => _peaks.ToDictionary(pair => pair.Key, pair => MachinePeaks.Best(pair.Value));

    /// <summary>The instruction set of the tiles of this process and its children.</summary>
    public static InstructionSet Set { get; } = SetOf(
        DeviceTraits.WidestSimd, Avx512F.IsSupported, File.Exists(ProcessorFile) ? File.ReadAllText(ProcessorFile) : "");

    /// <summary>The instruction set by what runs and what the machine says it has.</summary>
    public static InstructionSet SetOf(int simdBits, bool isAvx512Used, string processor) => simdBits switch
    {
        512 when isAvx512Used => InstructionSet.Avx512,
        >= 256 => processor.Contains(" avx512f", StringComparison.Ordinal) ? InstructionSet.Avx2ByChoice : InstructionSet.Avx2,
        _ => InstructionSet.Vector128,
    };

    /// <summary>Runs all of it.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        await MeasurePeaks(cancellation);
        for (var i = 0; i < plan.Rows.Count; i++)
        {
            foreach (var threads in plan.Threads)
            {
                var row = plan.Rows[i];
                var what = $"[{i + 1}/{plan.Rows.Count}] {row.Name}, {threads} thread(s)";
                try
                {
                    _results.Add(await Measure(row, threads, what, cancellation));
                }
                catch (Exception error) when (IsOfOneRow(error))
                {
                    _results.Add(new RowResult(row, threads, "", new Ratios(), Set, error.Message));
                }

                done(this);
            }

            // A graph's weights are as large as the model's, and no other row reads them.
            if (!places.IsKept)
            {
                ScratchFolder.Remove(places.Weights);
            }
        }

        try
        {
            await MeasurePeaks(cancellation);
        }
        catch (ChildException error)
        {
            progress($"peaks: {error.Message}; those before the rows stand alone");
        }
    }

    private async Task MeasurePeaks(CancellationToken cancellation)
    {
        foreach (var threads in plan.Threads)
        {
            progress($"peaks, {threads} thread(s)");
            var peaks = MachinePeaks.Parse(await Answer(SideCommand.Peaks(threads), cancellation));
            _peaks.TryAdd(threads, []);
            _peaks[threads].Add(peaks);
        }
    }

    private async Task<RowResult> Measure(PeerRow row, int threads, string what, CancellationToken cancellation)
    {
        var candidate = await Candidate(row, threads, what, cancellation);
        var ratios = new Ratios();
        for (var i = 0; i < plan.Alternations; i++)
        {
            progress($"{what}: alternation {i + 1} of {plan.Alternations}");

            // Each side is first as often as the other.
            var (ours, theirs) = (0.0, 0.0);
            foreach (var isOurs in i % 2 == 0 ? new[] { true, false } : [false, true])
            {
                if (isOurs)
                {
                    ours = await Ours(row, threads, cancellation);
                }
                else
                {
                    theirs = await Theirs(row, candidate, threads, cancellation);
                }
            }

            ratios.Add(ours / row.Pieces, theirs / row.Pieces);
        }

        return new RowResult(row, threads, candidate, ratios, Set);
    }

    /// <summary>The fastest of the peer's candidates: found on the most threads and taken on fewer too, unless the
    /// candidates themselves are numbers of threads.</summary>
    private async Task<string> Candidate(PeerRow row, int threads, string what, CancellationToken cancellation)
    {
        var asked = row.Peer.CandidatesAreThreads ? threads : plan.Threads.Max();
        if (_fastest.TryGetValue((row.Name, asked), out var known))
        {
            return known;
        }

        var candidates = row.Peer.Candidates(places, asked);
        if (candidates.Count == 0)
        {
            throw new ChildException("the shared folder has no graph of this name");
        }

        var best = (Name: candidates[0], Time: double.PositiveInfinity);
        foreach (var candidate in candidates.Count > 1 ? candidates : [])
        {
            progress($"{what}: finding the faster peer");
            var time = await Theirs(row, candidate, asked, cancellation);
            best = time < best.Time ? (candidate, time) : best;
        }

        return _fastest[(row.Name, asked)] = best.Name;
    }

    private async Task<double> Ours(PeerRow row, int threads, CancellationToken cancellation)
    {
        return ChildOutput.Number(await Answer(SideCommand.Ours(places, row.Name, threads, Seconds(row)), cancellation), "median");
    }

    private async Task<double> Theirs(PeerRow row, string candidate, int threads, CancellationToken cancellation)
    {
        // The peers' scripts count runs, so that a time of theirs says how many fill the next one's seconds.
        var key = (row.Name, candidate, threads);
        var command = row.Peer.Command(places, row, candidate, threads, Seconds(row), _expected.TryGetValue(key, out var time) ? time : null);
        return _expected[key] = row.Peer.Milliseconds(await Answer(command, cancellation));
    }

    private static async Task<JsonElement> Answer(ProcessStartInfo command, CancellationToken cancellation) =>
        (await ChildProcess.Run(command, s_childLimit, cancellation)).Json();

    /// <summary>Whether a row alone cannot be timed: its child died, or a file or program of its peer is not there.</summary>
    private static bool IsOfOneRow(Exception error) => error is ChildException or GpuTransformerException or IOException or UnauthorizedAccessException;

    /// <summary>Single operators take microseconds: half the time gives their median as well.</summary>
    private double Seconds(PeerRow row) => row.IsModel ? plan.Seconds : plan.Seconds / 2;
}
