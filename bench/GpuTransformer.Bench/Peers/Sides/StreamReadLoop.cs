using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>Reads of a block that no cache holds, from two far places at once and fetched ahead: the most that one row by
/// a matrix can reach. Faster than a plain read, whose streams lie in one piece.</summary>
internal sealed unsafe class StreamReadLoop : PoolLoop
{
    private const long Megabyte = 1 << 20;
    private const int PieceFloats = 1 << 17;

    // 8 KB, at which the study of the kernels read fastest.
    private const int AheadFloats = 2048;
    private readonly void* _memory;

    private StreamReadLoop(LoopArgs args, int bits)
        : base(
            "read of two streams", $"{2L * args.Tiles * PieceFloats * sizeof(float) / Megabyte} MB",
            new Work(0, 2.0 * sizeof(float) * PieceFloats * args.Tiles, IsMemoryBound: true), bits, args, bits switch
            {
                512 => &Tile<Simd512, Vector512<float>>,
                256 => &Tile<Simd256, Vector256<float>>,
                _ => &Tile<Simd128, Vector128<float>>,
            }) => _memory = args.Data;

    /// <summary>A block of at least this many bytes.</summary>
    public static StreamReadLoop Of(long bytes, int bits)
    {
        var tiles = (int)(bytes / (2 * PieceFloats * sizeof(float)));
        var floats = 2L * tiles * PieceFloats;

        // Read ahead of the last piece too, and in the pages that packed weights have.
        var size = (nuint)((floats + AheadFloats) * sizeof(float));
        var memory = (float*)NativeMemory.AlignedAlloc((size + HugePages.Bytes - 1) / HugePages.Bytes * HugePages.Bytes, HugePages.Bytes);
        HugePages.Ask(memory, size);
        for (var piece = 0; piece < 2 * tiles; piece++)
        {
            new Span<float>(memory + (long)piece * PieceFloats, PieceFloats).Fill(1f);
        }

        return new StreamReadLoop(new LoopArgs { Tiles = tiles, Repeats = 1, Data = memory, TileFloats = PieceFloats }, bits);
    }

    public override void Verify()
    {
        foreach (var sum in Sums)
        {
            ExpectNear("the sum of a tile", sum, 2.0 * PieceFloats, 0);
        }
    }

    public override void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        base.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var a = (LoopArgs*)args;
        var lanes = TSimd.Lanes;
        var p0 = a->Data + (long)tile * PieceFloats;
        var p1 = p0 + (long)a->Tiles * PieceFloats;
        TVector x0, x1, x2, x3, x4, x5, x6, x7;
        x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = TSimd.Create(0f);
        for (var i = 0; i < PieceFloats; i += 4 * lanes)
        {
            if (Sse.IsSupported)
            {
                for (var line = 0; line < 4 * lanes; line += 16)
                {
                    Sse.Prefetch0(p0 + i + line + AheadFloats);
                    Sse.Prefetch0(p1 + i + line + AheadFloats);
                }
            }

            x0 = TSimd.Add(x0, TSimd.Load(p0 + i));
            x1 = TSimd.Add(x1, TSimd.Load(p0 + i + lanes));
            x2 = TSimd.Add(x2, TSimd.Load(p0 + i + 2 * lanes));
            x3 = TSimd.Add(x3, TSimd.Load(p0 + i + 3 * lanes));
            x4 = TSimd.Add(x4, TSimd.Load(p1 + i));
            x5 = TSimd.Add(x5, TSimd.Load(p1 + i + lanes));
            x6 = TSimd.Add(x6, TSimd.Load(p1 + i + 2 * lanes));
            x7 = TSimd.Add(x7, TSimd.Load(p1 + i + 3 * lanes));
        }

        x0 = TSimd.Add(TSimd.Add(x0, x1), TSimd.Add(x2, x3));
        x4 = TSimd.Add(TSimd.Add(x4, x5), TSimd.Add(x6, x7));
        a->Sums[tile] = TSimd.Sum(TSimd.Add(x0, x4));
    }
}
