namespace GpuTransformer.Kernels;

/// <summary>How an instruction set sums products of integers of the weight and of x: exactly, so that all of them give the
/// same sums. Steps follow each other along k; at most 32 k between a first step and the finish.</summary>
/// <typeparam name="TInt">The register as 32-bit integers.</typeparam>
internal unsafe interface IInt8Dot<TInt>
    where TInt : struct
{
    /// <summary>k of a step: 4 where a lane holds bytes, 2 where it holds words.</summary>
    static abstract int StepK { get; }

    /// <summary>Whether integers of the weight are 0 to 255, and not -128 to 127.</summary>
    static abstract bool TakesUnsigned { get; }

    /// <summary>Sums of no step.</summary>
    static abstract TInt Start(int* start);

    /// <summary>The first step.</summary>
    /// <param name="weight">Four bytes or two words a lane.</param>
    /// <param name="x">As many of x in all lanes.</param>
    /// <param name="start">What the sums begin with, in memory.</param>
    static abstract TInt First(TInt weight, TInt x, int* start);

    /// <summary>Another step.</summary>
    static abstract TInt Add(TInt sums, TInt weight, TInt x);

    /// <summary>The sums with their start, as 32-bit integers.</summary>
    static abstract TInt Finish(TInt sums, int* start);
}
