namespace GpuTransformer.Kernels;

/// <summary>y = activation(x), element by element; y may be x.</summary>
public struct ActivationArgs
{
    /// <summary>x, (rows, width).</summary>
    public RowView X;

    /// <summary>y, (rows, width).</summary>
    public RowView Y;

    /// <summary>Columns.</summary>
    public int Width;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;

    /// <summary>One of <see cref="ActivationKind"/>.</summary>
    public int Activation;
}
