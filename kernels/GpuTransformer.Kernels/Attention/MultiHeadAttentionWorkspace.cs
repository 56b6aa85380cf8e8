using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>What multi-head attention needs besides its inputs: projected queries, keys and values, the heads' outputs, and
/// an <see cref="AttentionWorkspace"/>. Made once for a shape, used by one stream at a time.</summary>
public sealed class MultiHeadAttentionWorkspace : IDisposable
{
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _projected;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _attended;

    /// <summary>Allocates for a shape; every sequence has all its keys until <see cref="SetKeyLengths"/> says else.</summary>
    /// <exception cref="ShapeException">The shape makes no sense, or is beyond 2^31-1 elements.</exception>
    /// <exception cref="DeviceException">There is not enough memory.</exception>
    public MultiHeadAttentionWorkspace(KernelSet kernels, AttentionShape shape)
    {
        Attention = new AttentionWorkspace(kernels, shape);
        var projected = shape.QueryRows * shape.QueryWidth + 2 * shape.KeyRows * shape.KeyWidth;
        try
        {
            ShapeCheck.AtMostIntMax(nameof(MultiHeadAttentionWorkspace), "projected queries, keys and values", projected);
            _projected = kernels.Accelerator.Allocate1D<float>(projected);
            _attended = kernels.Accelerator.Allocate1D<float>(shape.QueryRows * shape.QueryWidth);
        }
        catch (Exception error)
        {
            Dispose();
            if (error is GpuTransformerException)
            {
                throw;
            }

            throw new DeviceException(
                $"{kernels.Accelerator.Name} cannot hold an attention workspace of {projected * sizeof(float)} bytes: {error.Message}",
                error);
        }
    }

    /// <summary>The shape it was made for.</summary>
    public AttentionShape Shape => Attention.Shape;

    internal AttentionWorkspace Attention { get; }

    /// <summary>The heads' outputs, (batch · seqLenQ, numHeads · headDim).</summary>
    internal RowView Attended => RowView.Dense(_attended.View, Shape.QueryWidth);

    /// <summary>Sets how many keys of each sequence count; see <see cref="AttentionWorkspace.SetKeyLengths"/>.</summary>
    /// <exception cref="ShapeException">Not one length a sequence, or one out of range.</exception>
    public void SetKeyLengths(ReadOnlySpan<int> keyLengths) => Attention.SetKeyLengths(keyLengths);

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _attended?.Dispose();
        _projected?.Dispose();
        Attention.Dispose();
    }

    /// <summary>Queries, keys and values side by side in a row, as one projection writes them.</summary>
    internal ProjectedViews SideBySide()
    {
        var stride = Shape.QueryWidth + 2 * Shape.KeyWidth;
        return new ProjectedViews(
            new RowView(_projected.View, 0, stride),
            new RowView(_projected.View, Shape.QueryWidth, stride),
            new RowView(_projected.View, Shape.QueryWidth + Shape.KeyWidth, stride));
    }

    /// <summary>Queries first, then keys and values side by side.</summary>
    internal ProjectedViews Apart()
    {
        var keys = (int)(Shape.QueryRows * Shape.QueryWidth);
        return new ProjectedViews(
            new RowView(_projected.View, 0, Shape.QueryWidth),
            new RowView(_projected.View, keys, 2 * Shape.KeyWidth),
            new RowView(_projected.View, keys + Shape.KeyWidth, 2 * Shape.KeyWidth));
    }
}

/// <summary>Where projected queries, keys and values are.</summary>
internal readonly record struct ProjectedViews(RowView Query, RowView Key, RowView Value);
