namespace GpuTransformer.Kernels;

/// <summary>How two parts of a softmax become one: total = total · Keep + part · Take, for the sum of the weights and for
/// each dimension of the output.</summary>
internal struct AttentionMerge
{
    /// <summary>The larger of the two maxima.</summary>
    public float Max;
    public float Keep;
    public float Take;

    /// <summary>The factors for the maxima so far and of the next part; -infinity is a part that sees nothing, which
    /// changes no bit.</summary>
    public static AttentionMerge Of(float totalMax, float partMax)
    {
        AttentionMerge merge;
        merge.Max = totalMax;
        merge.Keep = 1f;
        merge.Take = 0f;
        if (partMax > float.NegativeInfinity)
        {
            merge.Max = GroupReduction.Larger(totalMax, partMax);
            merge.Keep = FastMath.Exp(totalMax - merge.Max);
            merge.Take = FastMath.Exp(partMax - merge.Max);
        }

        return merge;
    }
}
