using ILGPU;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Kernels with one race each, launched as two groups of 16 threads over 64 zeros.</summary>
internal static class RacyKernels
{
    public const int Threads = 16;
    public const int Length = 4 * Threads;

    private static int Next => (Group.IdxX + 1) & (Threads - 1);

    public static void ReadsTheNeighbour(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        shared[Group.IdxX] = Group.IdxX;
        output[Grid.GlobalLinearIndex] = shared[Next];
    }

    public static void WritesWhatTheNeighbourReads(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        int value = shared[Next];
        shared[Group.IdxX] = value + 100;
        Group.Barrier();
        output[Grid.GlobalLinearIndex] = shared[Group.IdxX];
    }

    public static void AllWriteOnePlace(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(1);
        shared[0] = Group.IdxX;
        Group.Barrier();
        output[Grid.GlobalLinearIndex] = shared[0];
    }

    public static void ReadsTheNeighboursOutput(ArrayView<int> output)
    {
        int start = Grid.IdxX * Threads;
        output[start + Group.IdxX] = Group.IdxX + 1;
        output[2 * Threads + start + Group.IdxX] = output[start + Next];
    }

    public static void GroupsWriteOnePlace(ArrayView<int> output) => output[Group.IdxX] = Grid.IdxX + 1;

    public static void ReadsAnotherGroupsOutput(ArrayView<int> output)
    {
        output[Grid.GlobalLinearIndex] = Group.IdxX + 1;
        output[2 * Threads + Grid.GlobalLinearIndex] = output[Grid.GlobalLinearIndex ^ Threads];
    }

    public static void CountsPlainly(ArrayView<int> output) => output[Grid.IdxX] = output[Grid.IdxX] + 1;

    public static void CountsHalfAtomically(ArrayView<int> output)
    {
        if (Group.IdxX == 0)
            output[Grid.IdxX] = 5;
        else
            Atomic.Add(ref output[Grid.IdxX], 1);
    }

    public static void ReducesTwiceInOnePlace(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        int first = OrderlyKernels.Sum(shared, Group.IdxX);
        int second = OrderlyKernels.Sum(shared, 2 * Group.IdxX);
        output[Grid.GlobalLinearIndex] = first + second;
    }

    public static void ReadsWhatNobodyWrote(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        if (Group.IdxX > 0)
            shared[Group.IdxX] = 1;
        Group.Barrier();
        output[Grid.GlobalLinearIndex] = shared[Group.IdxX];
    }

    public static void WritesOnceMoreThroughAnOldReference(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        ref int own = ref shared[Group.IdxX];
        own = Group.IdxX;
        Group.Barrier();
        output[Grid.GlobalLinearIndex] = shared[Next];
        own = Group.IdxX + 100;
    }

    public static void WarpBarrierAcrossWarps(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        shared[Group.IdxX] = Group.IdxX;
        Warp.Barrier();
        output[Grid.GlobalLinearIndex] = shared[Group.IdxX ^ 4];
    }

    public static void ReadsTheNeighboursByte(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<byte>(Threads);
        shared[Group.IdxX] = (byte)Group.IdxX;
        output[Grid.GlobalLinearIndex] = shared[Next];
    }
}

/// <summary>The same without the race.</summary>
internal static class OrderlyKernels
{
    private const int Threads = RacyKernels.Threads;

    public static void ReadsTheNeighbour(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        int value = shared[(Group.IdxX + 1) & (Threads - 1)];
        Group.Barrier();
        shared[Group.IdxX] = value + 100;
        output[Grid.GlobalLinearIndex] = shared[Group.IdxX];
    }

    public static void CountsAtomically(ArrayView<int> output)
    {
        Atomic.Add(ref output[0], Group.IdxX);
        Atomic.Max(ref output[1], Grid.GlobalLinearIndex);
    }

    public static void TakesTickets(ArrayView<int> output) =>
        output[2 * Threads + Grid.GlobalLinearIndex] = Atomic.Add(ref output[0], 1);

    public static void ReadsInsideTheWarp(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        shared[Group.IdxX] = Group.IdxX;
        Warp.Barrier();
        output[Grid.GlobalLinearIndex] = shared[Group.IdxX ^ 1];
    }

    public static void WritesItsOwnByte(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<byte>(Threads);
        shared[Group.IdxX] = (byte)Group.IdxX;
        output[Grid.GlobalLinearIndex] = shared[Group.IdxX];
    }

    public static void AllReadOnePlace(ArrayView<int> output) =>
        output[Threads + Grid.GlobalLinearIndex] = output[0] + output[1] + 1;

    public static void ReducesTwice(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        int first = Sum(shared, Group.IdxX);
        Group.Barrier();
        int second = Sum(shared, 2 * Group.IdxX);
        output[Grid.GlobalLinearIndex] = first + second;
    }

    public static void WritesAfterABarrierWhatItNamedBefore(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        var other = SharedMemory.Allocate<int>(Threads);
        shared[Group.IdxX] = Next(other);
        Group.Barrier();
        output[Grid.GlobalLinearIndex] = shared[Threads - 1 - Group.IdxX];
    }

    public static void WritesMinusOne(ArrayView<int> output)
    {
        var shared = SharedMemory.Allocate<int>(Threads);
        shared[Group.IdxX] = -1;
        Group.Barrier();
        output[Grid.GlobalLinearIndex] = shared[Threads - 1 - Group.IdxX];
    }

    private static int Next(ArrayView<int> shared)
    {
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        return shared[(Group.IdxX + 1) & (Threads - 1)];
    }

    /// <summary>The sum of a value of every thread, by halves; ends without a barrier, so the array is not free yet.</summary>
    internal static int Sum(ArrayView<int> shared, int value)
    {
        shared[Group.IdxX] = value;
        Group.Barrier();
        for (int half = Threads >> 1; half > 0; half >>= 1)
        {
            if (Group.IdxX < half)
                shared[Group.IdxX] += shared[Group.IdxX + half];
            Group.Barrier();
        }

        return shared[0];
    }
}
