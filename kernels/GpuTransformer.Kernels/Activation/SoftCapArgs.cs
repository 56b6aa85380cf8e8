namespace GpuTransformer.Kernels;

/// <summary>y = cap · tanh(x / cap), element by element; y may be x.</summary>
public struct SoftCapArgs
{
    /// <summary>x, (rows, width).</summary>
    public RowView X;

    /// <summary>y, (rows, width).</summary>
    public RowView Y;

    /// <summary>Columns.</summary>
    public int Width;

    /// <summary>What no element exceeds, above 0.</summary>
    public float Cap;

    /// <summary>Rows in use.</summary>
    public ActiveRows Rows;
}
