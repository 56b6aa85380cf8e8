namespace GpuTransformer.Kernels;

/// <summary>How CPU tiles report a bad row: the largest row + 1 wins, whatever order the tiles run in.</summary>
internal static unsafe class CpuStatus
{
    /// <summary>The index, or 0 where it is not in [0, count), which is reported.</summary>
    public static int Guard(int index, int count, int* status, int row)
    {
        if ((uint)index < (uint)count)
        {
            return index;
        }

        Report(status, row);
        return 0;
    }

    /// <summary>Raises the status to row + 1.</summary>
    public static void Report(int* status, int row)
    {
        if (status == null)
        {
            return;
        }

        var seen = Volatile.Read(ref *status);
        while (seen < row + 1)
        {
            var found = Interlocked.CompareExchange(ref *status, row + 1, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }
}
