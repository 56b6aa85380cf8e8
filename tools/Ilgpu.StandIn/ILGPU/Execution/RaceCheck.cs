using System.Globalization;

namespace ILGPU.Execution;

/// <summary>
/// A mode of the accelerator, off unless asked for: every launch runs on one thread, its lanes and groups in an order
/// made from a seed, and every element that a lane touches is remembered. Two lanes of a group that touch one element
/// between the same two barriers, or two groups of a launch that touch one, must both only read it or both update it
/// atomically; and shared memory is written before it is read. A launch that breaks this throws when it ends.
/// </summary>
/// <remarks>
/// An indexer hands out a reference, so what a lane did with it is seen by its bits at the next barrier: changed bits
/// were written, others read. A write of the bits that were there already passes for a read.
/// <para>The environment variable <c>ILGPU_STANDIN_RACECHECK</c>, set to a seed, turns it on for a whole process.</para>
/// </remarks>
internal sealed class RaceCheck
{
    /// <summary>Lanes up and down in turn, groups in order: what a launch does without the mode.</summary>
    internal const int PlainOrder = 0;

    /// <summary>Last group first, and lanes down before up.</summary>
    internal const int ReverseOrder = 1;

    private const int MostFindings = 8;

    // Launches of one accelerator come one after the other, each on one thread at a time.
    private readonly List<string> races = [];
    private readonly List<string> unwritten = [];

    private RaceCheck(int seed) => Seed = seed;

    /// <summary><see cref="PlainOrder"/>, <see cref="ReverseOrder"/>, or the seed of a shuffle.</summary>
    internal int Seed { get; }

    /// <summary>What a new accelerator begins with.</summary>
    internal static RaceCheck? OfEnvironment { get; } =
        int.TryParse(
            Environment.GetEnvironmentVariable("ILGPU_STANDIN_RACECHECK"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int seed)
            ? new(seed)
            : null;

    internal static RaceCheck Of(int seed) => new(seed);

    internal void ReportRace(string finding) => Keep(races, finding);

    internal void ReportUnwritten(string finding) => Keep(unwritten, finding);

    internal void ThrowIfAny(string kernel)
    {
        if (races.Count + unwritten.Count == 0)
            return;
        string message = $"ILGPU stand-in, race check of {kernel}:{Environment.NewLine}" +
            string.Join(Environment.NewLine, races.Concat(unwritten));
        races.Clear();
        unwritten.Clear();
        throw new InvalidOperationException(message);
    }

    private static void Keep(List<string> findings, string finding)
    {
        if (findings.Count < MostFindings && !findings.Contains(finding))
            findings.Add(finding);
    }
}
