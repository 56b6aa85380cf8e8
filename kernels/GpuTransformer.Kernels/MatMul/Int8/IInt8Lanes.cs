namespace GpuTransformer.Kernels;

/// <summary>One width of registers for products of 8-bit integers. A type parameter is bound to a struct, so every call
/// compiles to its instructions.</summary>
/// <typeparam name="TFloat">The register as floats.</typeparam>
/// <typeparam name="TInt">The register as 32-bit integers, which hold four bytes or two words of 16 bits each.</typeparam>
internal unsafe interface IInt8Lanes<TFloat, TInt> : IEncodedSimd<TFloat>
    where TFloat : struct
    where TInt : struct
{
    static abstract TInt Load(byte* source);

    static abstract void Store(TInt value, byte* destination);

    /// <summary>The same 32 bits in all lanes.</summary>
    static abstract TInt All(int value);

    static abstract TInt And(TInt left, TInt right);

    static abstract TInt Or(TInt left, TInt right);

    static abstract TInt Xor(TInt left, TInt right);

    /// <summary>Lanes shifted.</summary>
    static abstract TInt Left(TInt value, int count);

    /// <summary>Lanes shifted, zeros coming in.</summary>
    static abstract TInt Right(TInt value, int count);

    /// <summary>Words shifted, zeros coming in.</summary>
    static abstract TInt RightWords(TInt value, int count);

    static abstract TInt Add(TInt left, TInt right);

    /// <summary>Sums of words, without carry from one to the next.</summary>
    static abstract TInt AddWords(TInt left, TInt right);

    /// <summary>For each lane the sum of the products of its two words, signed.</summary>
    static abstract TInt MultiplyAddWords(TInt left, TInt right);

    /// <summary>For each word the sum of the products of its two bytes, which must fit 16 bits.</summary>
    /// <param name="unsigned">0 to 255.</param>
    /// <param name="signed">-128 to 127.</param>
    static abstract TInt MultiplyAddBytes(TInt unsigned, TInt signed);

    /// <summary>The float of these bits less <see cref="Int8Rows.BiasAsFloat"/>.</summary>
    static abstract TFloat LessBias(TInt bits);
}
