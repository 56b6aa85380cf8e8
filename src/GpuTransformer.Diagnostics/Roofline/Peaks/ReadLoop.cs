using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Plain reads of a block of memory: the most that moving data can reach.</summary>
internal sealed unsafe class ReadLoop : PoolLoop
{
    private const int Streams = 4;
    private readonly void* _memory;
    private readonly LoopArgs _args;

    private ReadLoop(string shape, LoopArgs args, int bits)
        : base(
            "plain read",
            shape,
            new Work(0, (double)sizeof(float) * args.Tiles * args.TileFloats * args.Repeats, IsMemoryBound: true),
            bits,
            args,
            bits switch
            {
                512 => &Tile<Simd512, Vector512<float>>,
                256 => &Tile<Simd256, Vector256<float>>,
                _ => &Tile<Simd128, Vector128<float>>,
            })
    {
        _args = args;
        _memory = args.Data;
    }

    /// <summary>A block for each thread, read again and again: it stays in the thread's own cache.</summary>
    public static ReadLoop OfCache(long bytesPerThread, int threads, int bits)
    {
        // A tile of 32 MB and more, so that reading the block for the first time does not count.
        var repeats = (int)Math.Max(1, (32 << 20) / bytesPerThread);
        return Make($"{Size(bytesPerThread)}/thread", threads, bytesPerThread, repeats, bits);
    }

    /// <summary>One block, cut into pieces of 1 MB that any thread may read.</summary>
    public static ReadLoop OfMemory(long bytes, int bits) =>
        Make(Size(bytes), (int)(bytes >> 20), 1 << 20, 1, bits);

    public override void Verify()
    {
        // Ones add up exactly: a lane stays below 2^24.
        foreach (var sum in Sums)
        {
            ExpectNear("the sum of a tile", sum, (double)_args.TileFloats * _args.Repeats, 0);
        }
    }

    public override void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        base.Dispose();
    }

    private static ReadLoop Make(string shape, int tiles, long tileBytes, int repeats, int bits)
    {
        var floats = (int)(tileBytes / sizeof(float));
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)(tileBytes * tiles), 4096);
        for (var tile = 0; tile < tiles; tile++)
        {
            new Span<float>(memory + (long)tile * floats, floats).Fill(1f);
        }

        return new ReadLoop(
            shape, new LoopArgs { Tiles = tiles, Repeats = repeats, Data = memory, TileFloats = floats }, bits);
    }

    private static string Size(long bytes) => bytes >= 1 << 20 ? $"{bytes >> 20} MB" : $"{bytes >> 10} kB";

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var a = (LoopArgs*)args;
        var lanes = TSimd.Lanes;
        var length = a->TileFloats / Streams;
        var p0 = a->Data + (long)tile * a->TileFloats;
        var p1 = p0 + length;
        var p2 = p1 + length;
        var p3 = p2 + length;
        TVector x0, x1, x2, x3, x4, x5, x6, x7;
        x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = TSimd.Create(0f);
        for (var repeat = 0; repeat < a->Repeats; repeat++)
        {
            for (var i = 0; i < length; i += 2 * lanes)
            {
                x0 = TSimd.Add(x0, TSimd.Load(p0 + i));
                x1 = TSimd.Add(x1, TSimd.Load(p0 + i + lanes));
                x2 = TSimd.Add(x2, TSimd.Load(p1 + i));
                x3 = TSimd.Add(x3, TSimd.Load(p1 + i + lanes));
                x4 = TSimd.Add(x4, TSimd.Load(p2 + i));
                x5 = TSimd.Add(x5, TSimd.Load(p2 + i + lanes));
                x6 = TSimd.Add(x6, TSimd.Load(p3 + i));
                x7 = TSimd.Add(x7, TSimd.Load(p3 + i + lanes));
            }
        }

        x0 = TSimd.Add(TSimd.Add(x0, x1), TSimd.Add(x2, x3));
        x4 = TSimd.Add(TSimd.Add(x4, x5), TSimd.Add(x6, x7));
        a->Sums[tile] = TSimd.Sum(TSimd.Add(x0, x4));
    }
}
