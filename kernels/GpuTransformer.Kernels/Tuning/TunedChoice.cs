namespace GpuTransformer.Kernels;

/// <summary>A variant that was measured to be the fastest for a class of shapes.</summary>
/// <param name="Operation">Name of the operation.</param>
/// <param name="Shape">The class of shapes.</param>
/// <param name="Variant">Name of the variant.</param>
internal sealed record TunedChoice(string Operation, ShapeClass Shape, string Variant);
