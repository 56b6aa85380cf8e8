using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>Copies of a block: the most that an operation which writes as much as it reads can reach. Slower than reads,
/// since a line that is stored to is fetched first and written back later; streaming stores spare the fetching, and
/// leave nothing in the caches.</summary>
internal sealed unsafe class CopyLoop : PoolLoop
{
    private const int PieceFloats = 1 << 14;

    // A page: processors follow streams by themselves, but stop there.
    private const int AheadFloats = 1024;
    private readonly void* _memory;

    private CopyLoop(string name, LoopArgs args, int bits, delegate*<void*, int, void> tile)
        : base(
            name, $"{2L * args.Tiles * PieceFloats * sizeof(float) >> 10} kB",
            new Work(0, 2.0 * sizeof(float) * PieceFloats * args.Tiles * args.Repeats, IsMemoryBound: true), bits, args, tile) =>
        _memory = args.Data;

    /// <summary>Ordinary stores.</summary>
    /// <param name="bytes">Read and written together.</param>
    /// <param name="repeats">How often each piece is copied again at once, from the thread's own cache.</param>
    /// <param name="bits">Width of the registers.</param>
    public static CopyLoop Of(long bytes, int repeats, int bits) => new(
        "copy", Block(bytes, repeats), bits, bits switch
        {
            512 => &Tile<Simd512, Vector512<float>>,
            256 => &Tile<Simd256, Vector256<float>>,
            _ => &Tile<Simd128, Vector128<float>>,
        });

    /// <summary>Streaming stores.</summary>
    /// <param name="bytes">Read and written together.</param>
    public static CopyLoop Streaming(long bytes) => new("streaming copy", Block(bytes, 1), 128, &StreamingTile);

    public override void Verify()
    {
        foreach (var last in Sums)
        {
            ExpectNear("the last of a piece", last, 1, 0);
        }
    }

    public override void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        base.Dispose();
    }

    private static LoopArgs Block(long bytes, int repeats)
    {
        var tiles = (int)(bytes / (2 * PieceFloats * sizeof(float)));
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)(2L * tiles * PieceFloats * sizeof(float)), 4096);
        for (var tile = 0; tile < tiles; tile++)
        {
            new Span<float>(memory + (long)tile * PieceFloats, PieceFloats).Fill(1f);
            new Span<float>(memory + (long)(tiles + tile) * PieceFloats, PieceFloats).Clear();
        }

        return new LoopArgs { Tiles = tiles, Repeats = repeats, Data = memory, TileFloats = PieceFloats };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        var a = (LoopArgs*)args;
        var lanes = TSimd.Lanes;
        var x = a->Data + (long)tile * PieceFloats;
        var y = x + (long)a->Tiles * PieceFloats;
        for (var repeat = 0; repeat < a->Repeats; repeat++)
        {
            for (var i = 0; i < PieceFloats; i += 4 * lanes)
            {
                for (var line = 0; line < 4 * lanes; line += 16)
                {
                    TSimd.Prefetch(x + i + line + AheadFloats);
                    TSimd.Prefetch(y + i + line + AheadFloats);
                }

                TSimd.Store(TSimd.Load(x + i), y + i);
                TSimd.Store(TSimd.Load(x + i + lanes), y + i + lanes);
                TSimd.Store(TSimd.Load(x + i + 2 * lanes), y + i + 2 * lanes);
                TSimd.Store(TSimd.Load(x + i + 3 * lanes), y + i + 3 * lanes);
            }
        }

        a->Sums[tile] = y[PieceFloats - 1];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StreamingTile(void* args, int tile)
    {
        var a = (LoopArgs*)args;
        var x = a->Data + (long)tile * PieceFloats;
        var y = x + (long)a->Tiles * PieceFloats;
        for (var i = 0; i < PieceFloats; i += 16)
        {
            Vector128.LoadAligned(x + i).StoreAlignedNonTemporal(y + i);
            Vector128.LoadAligned(x + i + 4).StoreAlignedNonTemporal(y + i + 4);
            Vector128.LoadAligned(x + i + 8).StoreAlignedNonTemporal(y + i + 8);
            Vector128.LoadAligned(x + i + 12).StoreAlignedNonTemporal(y + i + 12);
        }

        if (Sse.IsSupported)
        {
            // The pool's own writes must not overtake them.
            Sse.StoreFence();
        }

        a->Sums[tile] = y[PieceFloats - 1];
    }
}
