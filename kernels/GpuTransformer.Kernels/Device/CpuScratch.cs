using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>Working memory of a CPU tile: one block of native memory a thread, kept for the next tile. What a tile
/// wrote is lost when it returns; a tile asks once, for all that it needs.</summary>
internal sealed unsafe class CpuScratch
{
    private const int Alignment = 64;

    private static long _steps;

    [ThreadStatic]
    private static CpuScratch? _ofThread;

    private void* _memory;
    private nuint _bytes;
    private void* _kept;
    private nuint _keptBytes;
    private long _keptStep;
    private long _keptPart;

    private CpuScratch()
    {
    }

    // A thread that ends drops its blocks.
    ~CpuScratch()
    {
        NativeMemory.AlignedFree(_memory);
        NativeMemory.AlignedFree(_kept);
    }

    /// <summary>At least this many floats, 64-byte aligned, not cleared.</summary>
    public static float* Floats(int count)
    {
        var scratch = OfThread();
        var bytes = (nuint)count * sizeof(float);
        if (scratch._bytes < bytes)
        {
            Grow(ref scratch._memory, ref scratch._bytes, bytes);
        }

        return (float*)scratch._memory;
    }

    /// <summary>Names a run of a step for <see cref="Kept"/>, unlike any other of the process.</summary>
    public static long NewStep() => Interlocked.Increment(ref _steps);

    /// <summary>Memory of this thread that later tiles of the same run of a step find as this one left it; what another
    /// step or part was told to keep is lost.</summary>
    /// <param name="step">Which run of which step, from <see cref="NewStep"/>; 0: none.</param>
    /// <param name="part">What of it.</param>
    /// <param name="bytes">At least this many, the same for the same part, 64-byte aligned.</param>
    /// <param name="isThere">Whether a tile has filled it.</param>
    public static byte* Kept(long step, long part, nuint bytes, out bool isThere)
    {
        var scratch = OfThread();
        isThere = step != 0 && scratch._keptStep == step && scratch._keptPart == part;
        if (scratch._keptBytes < bytes)
        {
            scratch._keptStep = 0;
            Grow(ref scratch._kept, ref scratch._keptBytes, bytes);
        }

        scratch._keptStep = step;
        scratch._keptPart = part;
        return (byte*)scratch._kept;
    }

    /// <summary>Makes the managed part of the thread's scratch, so that no tile allocates an object.</summary>
    public static void Prepare() => OfThread();

    private static CpuScratch OfThread() => _ofThread ??= new CpuScratch();

    private static void Grow(ref void* memory, ref nuint size, nuint bytes)
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
        size = 0;

        // A quarter more, so that sizes which creep up do not allocate each time.
        bytes += bytes / 4;
        memory = NativeMemory.AlignedAlloc(bytes, Alignment);
        size = bytes;
    }
}
