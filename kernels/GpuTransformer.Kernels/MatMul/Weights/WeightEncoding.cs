namespace GpuTransformer.Kernels;

/// <summary>How a packed weight stores its numbers, under the names that weight files use. The encoding, never the number
/// of rows, decides how a product is computed: the numbers are widened to float32 with at most one rounding, and sums
/// are float32.</summary>
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

    /// <summary>Blocks of 32 along k of 4-bit integers from -8 to 7 with one float16 scale.</summary>
    Q4_0,

    /// <summary>Blocks of 32 along k of 4-bit integers from 0 to 15 with a float16 scale and minimum. Only from sources
    /// that are stored so.</summary>
    Q4_1,

    /// <summary>Blocks of 256 along k of 4-bit integers from 0 to 15, a 6-bit scale and minimum for every 32. Only from
    /// sources that are stored so.</summary>
    Q4_K,

    /// <summary>Blocks of 256 along k of 6-bit integers from -32 to 31, an 8-bit scale for every 16. Only from sources that
    /// are stored so.</summary>
    Q6_K,
}
