using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Widths at the edges of what the teams of a row hold in registers.</summary>
internal static class RowWidths
{
    private const int ThreadsOfGroup = 256;
    private const int GroupsPerMultiprocessor = 4;
    private static readonly int[] s_lanes = [8, 32, 128, 256, 1024];

    /// <summary>The widest row of each team: every lane is full.</summary>
    public static IEnumerable<int> Whole => s_lanes.Select(RowTeams.Columns);

    /// <summary>The narrowest row of each team whose rows start at multiples of 16 bytes, and the last: past every team.</summary>
    public static IEnumerable<int> Quads => [20, .. Whole.Select(width => width + 4)];

    /// <summary>Rows so many that several teams share a group, as they do once every multiprocessor has groups enough.</summary>
    public static IEnumerable<(int Rows, int Width)> Shared(DeviceTraits traits)
    {
        foreach (var (lanes, width) in s_lanes.Zip(Quads).Where(team => team.First < ThreadsOfGroup))
        {
            yield return (ThreadsOfGroup / lanes * GroupsPerMultiprocessor * traits.Multiprocessors + 3, width);
        }
    }

    /// <summary>The narrowest row of each team, which is no multiple of four.</summary>
    public static IEnumerable<int> Ragged => [37, .. Whole.Select(width => width + 1)];
}
