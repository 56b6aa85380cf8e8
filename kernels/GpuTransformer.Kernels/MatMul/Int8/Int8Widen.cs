using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: a piece of an encoded panel as tiles of many rows read it.
/// Layout: for each block of 32 k, all registers of the panel beside each other in each of: float32 scales, minima (or
/// scales of the second half) where the form has them, then the integers step by step, bytes or words as the dot product
/// takes them.
/// Cost: 2 or 3 instructions and a store for a register of integers; the panel is read once for a block of rows.</summary>
internal static unsafe class Int8Widen<TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
    where TWeight : IInt8Weight
    where TParts : ICount
{
    private const int EvenBytes = 0x00FF00FF;

    // Bytes ahead of the current cell.
    private const int PrefetchDistance = 4096;

    /// <summary>Bytes a column of a widened block.</summary>
    public static int ColumnBytes =>
        ((TForm.HasMinimum || TForm.HasHalves ? 2 : 1) + Int8Rows.BlockK / TDot.StepK) * sizeof(float);

    /// <summary>Widens blocks from <paramref name="firstBlock"/> on.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="cells">Registers of columns in it.</param>
    /// <param name="firstBlock">The first block of 32 k.</param>
    /// <param name="blocks">How many.</param>
    /// <param name="wide">Receives them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte* panel, int cells, nint firstBlock, nint blocks, byte* wide)
    {
        var lanes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Lanes;
        var cellBlocks = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Blocks;
        var row = (nint)cells * lanes * sizeof(float);
        var firstInteger = TForm.HasMinimum || TForm.HasHalves ? 2 * row : row;
        for (var b = firstBlock; b < firstBlock + blocks; b++)
        {
            var group = b / cellBlocks;
            var place = TWeight.SharedBytes * lanes
                + (b - group * cellBlocks) * Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.BlockBytes;
            for (nint c = 0; c < cells; c++)
            {
                var cell = panel + (group * cells + c) * Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Bytes;
                for (nint column = 0; column < lanes; column += TSimd.Lanes)
                {
                    TSimd.Prefetch((float*)(cell + place + PrefetchDistance + 16 * column));
                    var target = wide + (c * lanes + column) * sizeof(float);
                    Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Scales(
                        cell, cell + place, column, out var scale, out var other);
                    TSimd.Store(scale, (float*)target);
                    if (firstInteger > row)
                    {
                        TSimd.Store(other, (float*)(target + row));
                    }

                    target += firstInteger;
                    for (nint i = 0; i < 4; i++)
                    {
                        TWeight.Eight<TLanes, TFloat, TInt>(
                            cell + place, lanes, column, i, TDot.TakesUnsigned, out var first, out var second);
                        if (TDot.StepK == 4)
                        {
                            TLanes.Store(first, target + 2 * i * row);
                            TLanes.Store(second, target + (2 * i + 1) * row);
                        }
                        else
                        {
                            var words = target + (8 * (i >> 1) + 2 * (i & 1)) * row;
                            Words(first, words, row);
                            Words(second, words + row, row);
                        }
                    }
                }
            }

            wide += firstInteger + Int8Rows.BlockK / TDot.StepK * row;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Words(TInt bytes, byte* target, nint row)
    {
        TLanes.Store(TLanes.And(bytes, TLanes.All(EvenBytes)), target);
        TLanes.Store(TLanes.RightWords(bytes, 8), target + 4 * row);
    }
}
