using System.Runtime.InteropServices;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A loop that shows what the processor can do, on the threads that compute the CPU variant's tiles.</summary>
internal abstract unsafe class PoolLoop : BenchCase
{
    private readonly LoopArgs* _args;
    private readonly delegate*<void*, int, void> _tile;

    protected PoolLoop(
        string operation, string shape, Work work, int bits, LoopArgs args, delegate*<void*, int, void> tile)
        : base(operation, shape, work)
    {
        SimdBits = bits;
        args.Sums = (float*)NativeMemory.AllocZeroed((nuint)args.Tiles, sizeof(float));
        _args = (LoopArgs*)NativeMemory.Alloc((nuint)sizeof(LoopArgs));
        *_args = args;
        _tile = tile;
    }

    public override string Variant => "SIMD loop";

    public override int SimdBits { get; }

    /// <summary>What each tile leaves behind, so that the compiler cannot drop the loop.</summary>
    protected ReadOnlySpan<float> Sums => new(_args->Sums, _args->Tiles);

    public override void Launch()
    {
        var step = new CpuStep(&TileCount, _tile, _args);
        CpuPool.Shared.Walk(&step, 1);
    }

    public override void Dispose()
    {
        NativeMemory.Free(_args->Sums);
        NativeMemory.Free(_args);
        base.Dispose();
    }

    private static int TileCount(void* args) => ((LoopArgs*)args)->Tiles;

    /// <summary>What the loops read.</summary>
    protected struct LoopArgs
    {
        public int Tiles;
        public int Repeats;
        public float* Data;
        public int TileFloats;
        public float* Sums;
    }
}
