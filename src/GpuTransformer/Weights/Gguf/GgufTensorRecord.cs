using System.Runtime.CompilerServices;

namespace GpuTransformer.Weights.Gguf;

/// <summary>A tensor's description as the file has it: the innermost dimension first.</summary>
internal ref struct GgufTensorRecord
{
    /// <summary>Most dimensions that the format knows.</summary>
    public const int MostDimensions = 4;

    /// <summary>The name's bytes.</summary>
    public ReadOnlySpan<byte> Name;

    /// <summary>Sizes of the dimensions, innermost first.</summary>
    public Dimensions Sizes;

    /// <summary>How many dimensions.</summary>
    public int Rank;

    /// <summary>How it is stored.</summary>
    public WeightDtype Dtype;

    /// <summary>First byte, counted from the start of the data.</summary>
    public ulong Offset;

    /// <summary>Bytes that shape and kind stand for.</summary>
    public readonly CheckedSize Bytes
    {
        get
        {
            CheckedSize elements = Sizes[0];
            CheckedSize bytes = (CheckedSize)(Sizes[0] / Dtype.BlockElements()) * (long)Dtype.Bytes();
            for (int i = 1; i < Rank; i++)
            {
                elements *= Sizes[i];
                bytes *= Sizes[i];
            }
            // The bytes of small types are fewer than the elements, whose count must fit as well.
            return elements.IsKnown ? bytes : CheckedSize.Unknown;
        }
    }

    /// <summary>The dimensions, outermost first.</summary>
    public readonly long[] Shape()
    {
        var shape = new long[Rank];
        for (int i = 0; i < Rank; i++)
        {
            shape[i] = Sizes[Rank - 1 - i];
        }
        return shape;
    }

    [InlineArray(MostDimensions)]
    public struct Dimensions
    {
        private long _first;
    }
}
