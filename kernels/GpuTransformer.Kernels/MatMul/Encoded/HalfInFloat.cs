namespace GpuTransformer.Kernels;

/// <summary>Bits of a float16 that were shifted to where a float32 has them: fraction and exponent at 13 to 27.</summary>
internal static class HalfInFloat
{
    public const int Sign = unchecked((int)0x80000000);

    /// <summary>The exponent.</summary>
    public const int Exponent = 0x0F800000;

    /// <summary>Sign, exponent and fraction.</summary>
    public const int Bits = unchecked((int)0x8FFFE000);

    /// <summary>127 - 15, the difference of the two biases, as an exponent.</summary>
    public const int ExponentStep = 112 << 23;

    /// <summary>2^-14, the smallest float16 that is not subnormal, as a float32.</summary>
    public const int SmallestNormal = (127 - 14) << 23;
}
