namespace GpuTransformer.Kernels;

/// <summary>How a packed weight stores its numbers, under the names that weight files use. The encoding, never the number
/// of rows, decides how a product is computed: the numbers are widened exactly, and sums are float32.</summary>
public enum WeightEncoding
{
    /// <summary>32-bit floats; narrower sources are widened when they are packed.</summary>
    F32,

    /// <summary>IEEE 754 half precision, rounded to nearest even; numbers beyond ±65504 are refused.</summary>
    F16,

    /// <summary>The upper half of a float32, rounded to nearest even.</summary>
    BF16,

    /// <summary>Blocks of 32 along k of 8-bit integers from -127 to 127 with one float16 scale, which is the block's
    /// largest magnitude over 127; integers are rounded to nearest even.</summary>
    Q8_0,
}
