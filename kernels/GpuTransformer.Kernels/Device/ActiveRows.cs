using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>How many rows of a row space are in use. Lengths are data: a kernel reads the count when it runs, so that
/// one bound launch (or a captured graph) serves every length up to its capacity.</summary>
public struct ActiveRows
{
    /// <summary>Block of run-state integers in device memory; not read when <see cref="Slot"/> is negative.</summary>
    public ArrayView<int> State;

    /// <summary>Which integer of <see cref="State"/> holds the count; -1: all of <see cref="Capacity"/>.</summary>
    public int Slot;

    /// <summary>The most rows there can be; grids are sized for it.</summary>
    public int Capacity;

    /// <summary>A fixed number of rows.</summary>
    public static ActiveRows Fixed(int rows) => new() { Slot = -1, Capacity = rows };

    /// <summary>The count held in <paramref name="state"/>[<paramref name="slot"/>], at most <paramref name="capacity"/>.</summary>
    public static ActiveRows FromState(ArrayView<int> state, int slot, int capacity) =>
        new() { State = state, Slot = slot, Capacity = capacity };

    /// <summary>The rows in use, read inside a kernel; never beyond the capacity that the views were checked for.</summary>
    public readonly int Count
    {
        get
        {
            if (Slot < 0)
            {
                return Capacity;
            }

            var count = State[Slot];
            return count < Capacity ? count : Capacity;
        }
    }
}
