namespace GpuTransformer.Kernels;

/// <summary>What the additive-attention kernels read of a sequence.</summary>
internal static class AdditiveAttentionRow
{
    /// <summary>Keys of a sequence, in [0, seqLenKv].</summary>
    public static int Keys(in AdditiveAttentionArgs args, int sequence)
    {
        if (args.HasKeyLengths == 0)
        {
            return args.SeqLenKv;
        }

        var keys = args.KeyLengths[sequence];
        return keys < 0 ? 0 : keys > args.SeqLenKv ? args.SeqLenKv : keys;
    }
}
