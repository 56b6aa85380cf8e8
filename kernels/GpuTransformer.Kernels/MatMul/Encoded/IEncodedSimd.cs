namespace GpuTransformer.Kernels;

/// <summary>Widening of encoded weights in one width of SIMD registers. Words are 32-bit integers, one a lane, in a register
/// of floats. All results are exact; the
/// sign of a zero may get lost.</summary>
/// <typeparam name="TVector">The register: Vector512, Vector256 or Vector128 of float.</typeparam>
internal unsafe interface IEncodedSimd<TVector>
    where TVector : struct
{
    /// <summary>As many finite float16 as there are lanes.</summary>
    static abstract TVector Halves(byte* source);

    /// <summary>As many signed bytes as there are lanes.</summary>
    static abstract TVector SignedBytes(byte* source);

    /// <summary>As many unsigned bytes as there are lanes.</summary>
    static abstract TVector UnsignedBytes(byte* source);

    /// <summary>Words shifted to the right, zeros coming in.</summary>
    static abstract TVector ShiftRight(TVector words, int count);

    /// <summary>The finite float16 in the lower halves of the words.</summary>
    static abstract TVector LowerHalf(TVector words);

    /// <summary>The finite float16 in the upper halves of the words.</summary>
    static abstract TVector UpperHalf(TVector words);

    /// <summary>The bfloat16 in the lower halves of the words.</summary>
    static abstract TVector LowerBFloat(TVector words);

    /// <summary>The bfloat16 in the upper halves of the words.</summary>
    static abstract TVector UpperBFloat(TVector words);

    /// <summary>The signed byte <paramref name="place"/> (0 to 3, a constant) of the words, plus
    /// <see cref="ByteOffset"/>, times <see cref="ByteUnit"/>.</summary>
    static abstract TVector OffsetByte(TVector words, int place);

    /// <summary>What <see cref="OffsetByte"/> adds.</summary>
    static abstract float ByteOffset { get; }

    /// <summary>What <see cref="OffsetByte"/> multiplies by.</summary>
    static abstract float ByteUnit { get; }

    /// <summary>The 4 bits from <paramref name="shift"/> (a constant) on, 0 to 15.</summary>
    static abstract TVector FourBits(TVector words, int shift);

    /// <summary>The 4 bits from <paramref name="shift"/> (a constant) on, less 8: -8 to 7.</summary>
    static abstract TVector FourBitsLess8(TVector words, int shift);

    /// <summary>The 4 bits of <paramref name="words"/> from <paramref name="shift"/> on and above them the 2 bits of
    /// <paramref name="upper"/> from <paramref name="upperShift"/> on, less 32: -32 to 31.</summary>
    static abstract TVector SixBitsLess32(TVector words, int shift, TVector upper, int upperShift);
}
