using System.Numerics;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tasks;

/// <summary>How the hidden states of a text's tokens become one vector.</summary>
public enum PoolingMode
{
    /// <summary>That of the first token.</summary>
    Cls,

    /// <summary>The largest value of each column.</summary>
    Max,

    /// <summary>The sum divided by the number of tokens.</summary>
    Mean,

    /// <summary>The sum divided by the root of the number of tokens.</summary>
    MeanSqrtLen,

    /// <summary>The mean in which the n-th token counts n times.</summary>
    WeightedMean,

    /// <summary>That of the last token.</summary>
    LastToken,
}

/// <summary>Pools hidden states, as sentence-transformers' Pooling does: several modes stand one after another.</summary>
internal sealed class SentencePooling(IReadOnlyList<PoolingMode> modes)
{
    // Booleans of configs before pooling_mode, in the order in which the vectors are joined.
    private static readonly (string Key, string Name, PoolingMode Mode)[] s_modes =
    [
        ("pooling_mode_cls_token", "cls", PoolingMode.Cls),
        ("pooling_mode_max_tokens", "max", PoolingMode.Max),
        ("pooling_mode_mean_tokens", "mean", PoolingMode.Mean),
        ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", PoolingMode.MeanSqrtLen),
        ("pooling_mode_weightedmean_tokens", "weightedmean", PoolingMode.WeightedMean),
        ("pooling_mode_lasttoken", "lasttoken", PoolingMode.LastToken),
    ];

    public IReadOnlyList<PoolingMode> Modes => modes;

    /// <summary>Reads 1_Pooling/config.json.</summary>
    public static SentencePooling Read(JsonObject config, int width)
    {
        SentenceModules.OnlyKeys(
            config,
            ["word_embedding_dimension", "embedding_dimension", "pooling_mode", "include_prompt", .. s_modes.Select(mode => mode.Key)]);
        foreach (var key in new[] { "word_embedding_dimension", "embedding_dimension" })
        {
            if (config.Has(key) && config.Whole(key, 1) != width)
            {
                throw config.Error(key, $"{width}, the width of what is pooled", $"{config.Whole(key)}");
            }
        }

        return new SentencePooling(config.Has("pooling_mode") ? Named(config) : Flagged(config));
    }

    /// <summary>Elements of a pooled vector.</summary>
    public int WidthOf(int hidden) => modes.Count * hidden;

    /// <summary>Pools [tokens, width].</summary>
    public float[] Pool(ReadOnlySpan<float> states, int width)
    {
        var pooled = new float[modes.Count * width];
        for (var i = 0; i < modes.Count; i++)
        {
            Pool(modes[i], states, pooled.AsSpan(i * width, width));
        }

        return pooled;
    }

    private static PoolingMode[] Named(JsonObject config)
    {
        var names = config.Kind("pooling_mode") == System.Text.Json.JsonTokenType.StartArray
            ? config.Texts("pooling_mode")
            : config.Text("pooling_mode").Split('+');
        var known = names.Select(name => Array.FindIndex(s_modes, mode => mode.Name == name)).ToArray();
        var unknown = Array.IndexOf(known, -1);
        return names.Length > 0 && unknown < 0
            ? [.. known.Select(i => s_modes[i].Mode)]
            : throw config.Error(
                "pooling_mode", string.Join(", ", s_modes.Select(mode => mode.Name)), unknown < 0 ? "none" : Quoted.Of(names[unknown]));
    }

    private static PoolingMode[] Flagged(JsonObject config)
    {
        PoolingMode[] set = [.. s_modes.Where(mode => config.FlagOr(mode.Key, false)).Select(mode => mode.Mode)];
        return set.Length > 0 ? set : [PoolingMode.Mean];
    }

    private static void Pool(PoolingMode mode, ReadOnlySpan<float> states, Span<float> pooled)
    {
        var width = pooled.Length;
        var tokens = states.Length / width;
        if (tokens == 0)
        {
            return;
        }

        switch (mode)
        {
            case PoolingMode.Cls:
                states[..width].CopyTo(pooled);
                return;
            case PoolingMode.LastToken:
                states[^width..].CopyTo(pooled);
                return;
            case PoolingMode.Max:
                states[..width].CopyTo(pooled);
                for (var t = 1; t < tokens; t++)
                {
                    var row = states.Slice(t * width, width);
                    for (var i = 0; i < width; i++)
                    {
                        pooled[i] = MathF.Max(pooled[i], row[i]);
                    }
                }

                return;
            default:
                for (var t = 0; t < tokens; t++)
                {
                    AddScaled(pooled, states.Slice(t * width, width), mode == PoolingMode.WeightedMean ? t + 1 : 1);
                }

                Scale(pooled, mode switch
                {
                    PoolingMode.MeanSqrtLen => 1 / MathF.Sqrt(tokens),
                    PoolingMode.WeightedMean => 2f / ((float)tokens * (tokens + 1)),
                    _ => 1f / tokens,
                });
                return;
        }
    }

    private static void AddScaled(Span<float> sum, ReadOnlySpan<float> row, float factor)
    {
        var i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(sum[i..]) + new Vector<float>(row[i..]) * factor).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++)
        {
            sum[i] += row[i] * factor;
        }
    }

    private static void Scale(Span<float> values, float factor)
    {
        foreach (ref var value in values)
        {
            value *= factor;
        }
    }
}
