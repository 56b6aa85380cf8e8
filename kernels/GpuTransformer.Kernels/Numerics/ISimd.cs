namespace GpuTransformer.Kernels;

/// <summary>One width of SIMD registers, so that a tile is written once for all widths. A type parameter is bound to a
/// struct, so every call here compiles to its instruction.</summary>
/// <typeparam name="TVector">The register: Vector512, Vector256 or Vector128 of float.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : struct
{
    /// <summary>Floats in a register.</summary>
    static abstract int Lanes { get; }

    /// <summary>Loads from any address.</summary>
    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* destination);

    /// <summary>All lanes the same.</summary>
    static abstract TVector Create(float value);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    static abstract TVector Divide(TVector left, TVector right);

    /// <summary>left · right + addend with one rounding where the processor has it, else two.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>The smaller; where either is NaN, <paramref name="value"/>.</summary>
    static abstract TVector Min(TVector bound, TVector value);

    /// <summary>The larger; where either is NaN, <paramref name="value"/>.</summary>
    static abstract TVector Max(TVector bound, TVector value);

    static abstract TVector And(TVector left, TVector right);

    static abstract TVector Or(TVector left, TVector right);

    /// <summary>-|value|, or <paramref name="lowest"/>, below 0, where that is larger; where value is NaN, either of them.</summary>
    static abstract TVector NegatedMagnitude(TVector value, TVector lowest);

    /// <summary>2^p in the normal range, for p = <paramref name="shifted"/> - <see cref="FastMath.RoundingShift"/>.</summary>
    static abstract TVector PowerOfTwo(TVector shifted);

    /// <summary>value · 2^p for p as in <see cref="PowerOfTwo"/>; denormal and infinite results included.</summary>
    static abstract TVector Scale(TVector value, TVector shifted);

    /// <summary>The first <paramref name="count"/> lanes (0 to Lanes) from memory, the rest 0; reads nothing
    /// beyond them.</summary>
    static abstract TVector LoadFirst(float* source, int count);

    /// <summary>Writes the first <paramref name="count"/> lanes (0 to Lanes) and nothing else.</summary>
    static abstract void StoreFirst(TVector value, float* destination, int count);

    /// <summary>Lanes in [begin, end) of <paramref name="inside"/>, the others of <paramref name="outside"/>.</summary>
    static abstract TVector SelectRange(TVector inside, TVector outside, int begin, int end);

    /// <summary>t - floor(t): from 0 to 1, which a tiny negative t may round to. 512 bits round down instead, so between -1/2
    /// and 0 this may be one unit in the last place less there; elsewhere it is exact.</summary>
    /// <param name="t">The numbers.</param>
    /// <param name="whole">floor(t), or t itself where scaling rounds down.</param>
    static abstract TVector Fraction(TVector t, out TVector whole);

    /// <summary>value · 2^floor(t), from t's <paramref name="whole"/>, for a value from 1 to 2 and a normal result; a value that
    /// is NaN stays it.</summary>
    static abstract TVector ScaleByFloor(TVector value, TVector whole);

    /// <summary>Whether <see cref="Fraction"/> and <see cref="ScaleByFloor"/> are an instruction each.</summary>
    static abstract bool ReducesAndScales { get; }

    /// <summary>2^p for p = <paramref name="shifted"/> - <see cref="FastMath.ExponentShift"/> from -126 to 127; anything for others.</summary>
    static abstract TVector PowerOfExponent(TVector shifted);

    /// <summary>The lanes of <paramref name="value"/>, 0 where <paramref name="x"/> is below <paramref name="lowest"/>.</summary>
    static abstract TVector ZeroBelow(TVector value, TVector x, TVector lowest);

    /// <summary>value · 2^p for p as in <see cref="PowerOfTwo"/>, by adding p to the exponent's bits: right while the
    /// result is a normal number; NaN stays NaN.</summary>
    static abstract TVector ScaleByPower(TVector value, TVector shifted);

    /// <summary>The lanes of <paramref name="value"/> that are numbers, <paramref name="other"/> where it is NaN.</summary>
    static abstract TVector NumbersOr(TVector value, TVector other);

    /// <summary>Bit i is set where lane i of both is equal; NaN equals nothing.</summary>
    static abstract uint EqualLanes(TVector left, TVector right);

    /// <summary>Bit i is set where lane i of <paramref name="left"/> is larger; NaN is neither larger nor smaller.</summary>
    static abstract uint GreaterLanes(TVector left, TVector right);

    /// <summary>Sum of the lanes in a fixed order: halves are added to each other until one is left.</summary>
    static abstract float Sum(TVector value);

    /// <summary>The largest lane; where there are NaN, any of the lanes.</summary>
    static abstract float Largest(TVector value);

    /// <summary>Asks for the cache line of an address, which need not be readable; nothing where there is no such
    /// instruction.</summary>
    static abstract void Prefetch(float* address);
}
