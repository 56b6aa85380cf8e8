using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>Working memory of a CPU tile: one block of native memory a thread, kept for the next tile. What a tile
/// wrote is lost when it returns; a tile asks once, for all that it needs.</summary>
internal sealed unsafe class CpuScratch
{
    private const int Alignment = 64;

    [ThreadStatic]
    private static CpuScratch? _ofThread;

    private void* _memory;
    private nuint _bytes;

    private CpuScratch()
    {
    }

    // A thread that ends drops its block.
    ~CpuScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>At least this many floats, 64-byte aligned, not cleared.</summary>
    public static float* Floats(int count)
    {
        var scratch = OfThread();
        var bytes = (nuint)count * sizeof(float);
        if (scratch._bytes < bytes)
        {
            scratch.Grow(bytes);
        }

        return (float*)scratch._memory;
    }

    /// <summary>Makes the managed part of the thread's scratch, so that no tile allocates an object.</summary>
    public static void Prepare() => OfThread();

    private static CpuScratch OfThread() => _ofThread ??= new CpuScratch();

    private void Grow(nuint bytes)
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _bytes = 0;

        // A quarter more, so that sizes which creep up do not allocate each time.
        bytes += bytes / 4;
        _memory = NativeMemory.AlignedAlloc(bytes, Alignment);
        _bytes = bytes;
    }
}
