namespace GpuTransformer.Kernels;

/// <summary>How a packed weight stores its numbers, under the names that weight files use. The encoding, never the number of rows, decides how a product is
/// computed; narrow encodings (float16, bfloat16, blocks of integers) take their places here.</summary>
public enum WeightEncoding
{
    /// <summary>32-bit floats; narrower sources are widened when they are packed.</summary>
    F32,
}
