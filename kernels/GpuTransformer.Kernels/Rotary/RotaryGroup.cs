using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Rotary embedding, one group a head of a row.</summary>
internal static class RotaryGroup
{
    /// <summary>A pair, so that a head of 64 takes a warp.</summary>
    public const int ItemsPerThread = 2;

    public const int MostThreads = 128;

    /// <remarks>
    /// Computes: <see cref="RotaryArgs"/>.
    /// Shapes: x, y (rows, numHeads · headDim); table (tableRows, rotaryDim).
    /// Group: one head; thread t takes pairs t, t + Group.DimX, ... Shared: the reduction's scratch.
    /// Barriers: 2 with the norm, and the last. Numerics: each thread sums its squares in ascending order, then
    /// <see cref="GroupReduction"/>'s order.
    /// Edges: y may be x: after the barriers a thread reads and writes its own elements alone; a position outside the
    /// table is read as 0 and reported.
    /// Cost: 3 flops and 8 bytes an element (7 with the norm).
    /// </remarks>
    public static void Kernel(RotaryArgs args)
    {
        var row = Grid.IdxX / args.NumHeads;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var headIndex = Grid.IdxX - row * args.NumHeads;
        var head = RotaryHead.Find(args, row, headIndex, headIndex == 0 && Group.IdxX == 0);
        var inverse = 1f;
        if (args.HasNorm != 0)
        {
            var squares = 0f;
            for (var d = Group.IdxX; d < args.HeadDim; d += Group.DimX)
            {
                squares += head.Raw(d) * head.Raw(d);
            }

            inverse = RotaryHead.Inverse(args, GroupReduction.Sum(scratch, squares));
        }

        var half = args.RotaryDim >> 1;
        for (var d = Group.IdxX; d < half; d += Group.DimX)
        {
            head.Turn(args, d, half, inverse);
        }

        for (var d = args.RotaryDim + Group.IdxX; d < args.HeadDim; d += Group.DimX)
        {
            head.Copy(args, d, inverse);
        }

        GroupEnd.Join();
    }
}
