namespace GpuTransformer.Kernels;

/// <summary>Which norm a kernel computes; compiled in.</summary>
internal interface INormKind
{
    /// <summary>Whether the row's mean is subtracted before the squares are taken.</summary>
    static abstract bool SubtractsMean { get; }
}

/// <summary>LayerNorm (Ba et al. 2016, arXiv:1607.06450).</summary>
internal struct LayerNormKind : INormKind
{
    public static bool SubtractsMean => true;
}

/// <summary>RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467).</summary>
internal struct RmsNormKind : INormKind
{
    public static bool SubtractsMean => false;
}
