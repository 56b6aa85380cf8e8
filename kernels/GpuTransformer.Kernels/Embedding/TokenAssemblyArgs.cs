namespace GpuTransformer.Kernels;

/// <summary>Puts class tokens before the patches and adds positions: row b · (prefix + patches) + t of y is
/// (t &lt; prefix ? tokens[t] : patches[b · patches + t - prefix]) + positions[t].</summary>
public struct TokenAssemblyArgs
{
    /// <summary>Patch rows, (batch · patches, width).</summary>
    public RowView Patches;

    /// <summary>Prefix tokens, (prefix, width).</summary>
    public RowView Tokens;

    /// <summary>Positions, (prefix + patches, width).</summary>
    public RowView Positions;

    /// <summary>y, (batch · (prefix + patches), width).</summary>
    public RowView Y;

    /// <summary>Images in use.</summary>
    public ActiveRows Images;

    /// <summary>Patches of an image.</summary>
    public int PatchCount;

    /// <summary>Prefix tokens of an image.</summary>
    public int PrefixCount;

    /// <summary>Columns.</summary>
    public int Width;
}
