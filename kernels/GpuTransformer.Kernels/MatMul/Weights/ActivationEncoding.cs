using System.Diagnostics.CodeAnalysis;

namespace GpuTransformer.Kernels;

/// <summary>How a product treats its activations. A property of the packed weight, so that every number of rows gets the
/// same bits.</summary>
public enum ActivationEncoding
{
    /// <summary>As they are: 32-bit floats.</summary>
    F32,

    /// <summary>Each row in blocks of 32 of 8-bit integers, whose scale is the block's largest magnitude over 127.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "It is what every tool calls it.")]
    Int8,
}
