using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>A count, offset or byte size that came from a file. Sums and products that pass 2^63-1, and negative
/// numbers, become "unknown" and stay so, as NaN does; <see cref="Value"/> turns unknown into an error. Readers use
/// no other arithmetic on numbers from files, so that nothing wraps.</summary>
internal readonly struct CheckedSize : IEquatable<CheckedSize>
{
    private readonly long _value;

    private CheckedSize(long value) => _value = value;

    /// <summary>The result of arithmetic that left the range.</summary>
    public static CheckedSize Unknown => new(-1);

    /// <summary>True when no step left the range.</summary>
    public bool IsKnown => _value >= 0;

    /// <summary>The number, or an error that names <paramref name="field"/>.</summary>
    public long Value(string field) => IsKnown
        ? _value
        : throw new InputException($"{field}: the size passes the limit of {long.MaxValue}");

    /// <summary>True when known and at most <paramref name="limit"/>.</summary>
    public bool Within(long limit) => IsKnown && _value <= limit;

    /// <summary>True when known and exactly <paramref name="value"/>.</summary>
    public bool Is(long value) => IsKnown && _value == value;

    /// <summary>The product of the dimensions: how many elements a tensor of this shape has.</summary>
    public static CheckedSize Product(ReadOnlySpan<long> shape)
    {
        CheckedSize product = 1L;
        foreach (long dimension in shape)
        {
            product *= dimension;
        }
        return product;
    }

    /// <summary>Takes a number; a negative one is unknown.</summary>
    public static implicit operator CheckedSize(long value) => new(value < 0 ? -1 : value);

    /// <summary>Takes a number; one over 2^63-1 is unknown.</summary>
    public static implicit operator CheckedSize(ulong value) => new(value > long.MaxValue ? -1 : (long)value);

    /// <summary>Product, unknown when it does not fit.</summary>
    public static CheckedSize operator *(CheckedSize a, CheckedSize b)
    {
        if (!a.IsKnown || !b.IsKnown)
        {
            return Unknown;
        }
        long high = Math.BigMul(a._value, b._value, out long low);
        return high == 0 && low >= 0 ? new CheckedSize(low) : Unknown;
    }

    /// <summary>Sum, unknown when it does not fit.</summary>
    public static CheckedSize operator +(CheckedSize a, CheckedSize b) =>
        a.IsKnown && b.IsKnown && a._value <= long.MaxValue - b._value ? new CheckedSize(a._value + b._value) : Unknown;

    /// <inheritdoc/>
    public bool Equals(CheckedSize other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CheckedSize other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => IsKnown ? _value.ToString() : "over 2^63-1";
}
