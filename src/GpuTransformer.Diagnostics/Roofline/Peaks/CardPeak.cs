using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What a card can do at best by its own attributes. Only the CUDA driver tells enough: of an OpenCL device the
/// lanes of a compute unit are not known.</summary>
/// <param name="FlopsPerSecond">float32, a multiply-add is two.</param>
/// <param name="BytesPerSecond">To and from memory.</param>
/// <param name="Origin">How they were computed.</param>
internal sealed record CardPeak(double FlopsPerSecond, double BytesPerSecond, string Origin)
{
    /// <summary>The peak of an accelerator; null where its attributes do not tell.</summary>
    public static CardPeak? Of(Accelerator accelerator) => accelerator is CudaAccelerator cuda
        ? Of(
            cuda.Architecture.Major * 10 + cuda.Architecture.Minor, cuda.NumMultiprocessors, cuda.ClockRate, cuda.MemoryClockRate,
            cuda.MemoryBusWidth)
        : null;

    /// <summary>The peak from CUDA's attributes; null where the driver gives zeros or the card is of an unknown kind.</summary>
    /// <param name="capability">Compute capability, major · 10 + minor.</param>
    /// <param name="multiprocessors">Multiprocessors.</param>
    /// <param name="clock">The highest clock, in MHz.</param>
    /// <param name="memoryClock">The memory's clock, in MHz; each line carries two bits a cycle.</param>
    /// <param name="busBits">Lines to memory.</param>
    public static CardPeak? Of(int capability, int multiprocessors, int clock, int memoryClock, int busBits) =>
        Lanes(capability) is { } lanes && clock > 0 && memoryClock > 0 && busBits > 0
            ? new CardPeak(
                2.0 * lanes * multiprocessors * clock * 1e6,
                2.0 * memoryClock * 1e6 * busBits / 8,
                $"{multiprocessors} multiprocessors x {lanes} lanes x 2 x {clock / 1000.0:F2} GHz; 2 x {memoryClock / 1000.0:F2} GHz x {busBits} bits")
            : null;

    /// <summary>float32 lanes of a multiprocessor (CUDA C++ Programming Guide, arithmetic instructions: results a clock
    /// cycle and multiprocessor).</summary>
    private static int? Lanes(int capability) => capability switch
    {
        60 or 70 or 72 or 75 or 80 => 64,
        50 or 52 or 53 or 61 or 62 or 86 or 87 or 89 or 90 or 100 or 101 or 103 or 120 or 121 => 128,
        _ => null,
    };
}
