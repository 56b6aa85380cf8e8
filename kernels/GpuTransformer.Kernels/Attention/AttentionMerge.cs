namespace GpuTransformer.Kernels;

/// <summary>How two parts of a softmax become one: total · Keep + part · Take, for the sum of the weights and for each
/// dimension of the output. One of the two factors is 1.</summary>
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
        if (partMax > totalMax)
        {
            merge.Max = partMax;
            merge.Keep = AttentionPower.Exp(totalMax - partMax);
            merge.Take = 1f;
        }
        else if (partMax > float.NegativeInfinity)
        {
            merge.Take = AttentionPower.Exp(partMax - totalMax);
        }

        return merge;
    }

    /// <summary>total · Keep + part · Take.</summary>
    public readonly float Apply(float total, float part) => Apply(total, part, Keep, Take);

    /// <summary>total · keep + part · take, where one of the factors is 1: as one product and one sum, which can be fused
    /// in one way only, so that every kernel that merges gets the same bits.</summary>
    public static float Apply(float total, float part, float keep, float take)
    {
        var keeps = take == 1f;
        var scaled = keeps ? total : part;
        var added = keeps ? part : total;
        return added + scaled * (keeps ? keep : take);
    }

    /// <inheritdoc cref="Apply(float, float)"/>
    public readonly Float4 Apply(Float4 total, Float4 part) => new(
        Apply(total.X, part.X), Apply(total.Y, part.Y), Apply(total.Z, part.Z), Apply(total.W, part.W));
}
