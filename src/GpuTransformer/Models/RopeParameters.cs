using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Models;

/// <summary>How rotary frequencies are scaled, as config.json's rope_type names it.</summary>
public enum RopeType
{
    /// <summary>theta^(-2d / dim).</summary>
    Default,

    /// <summary>All divided by a factor.</summary>
    Linear,

    /// <summary>A larger theta once a text is longer than the model's positions.</summary>
    Dynamic,

    /// <summary>Llama 3.1's.</summary>
    Llama3,

    /// <summary>YaRN's.</summary>
    Yarn,

    /// <summary>A factor for each frequency, others for long texts.</summary>
    LongRope,
}

/// <summary>rope_parameters of a config (transformers 5), or its rope_theta and rope_scaling (before).</summary>
public sealed record RopeParameters
{
    private static readonly string[] s_known =
    [
        "rope_type", "type", "rope_theta", "factor", "original_max_position_embeddings", "attention_factor", "beta_fast",
        "beta_slow", "mscale", "mscale_all_dim", "truncate", "low_freq_factor", "high_freq_factor", "short_factor",
        "long_factor", "partial_rotary_factor", "finetuned",
    ];

    /// <summary>The kind of scaling.</summary>
    public RopeType Type { get; private init; }

    /// <summary>The base of the frequencies.</summary>
    public double Theta { get; private init; }

    /// <summary>How far positions are stretched.</summary>
    public double Factor { get; private init; } = 1;

    /// <summary>Positions of the model.</summary>
    public int MaxPositions { get; private init; }

    /// <summary>Positions before stretching.</summary>
    public int OriginalMaxPositions { get; private init; }

    /// <summary>Factor on cosines and sines.</summary>
    public double AttentionFactor { get; private init; } = 1;

    /// <summary>YaRN: turns from which on a frequency is kept.</summary>
    public double BetaFast { get; private init; }

    /// <summary>YaRN: turns up to which a frequency is slowed.</summary>
    public double BetaSlow { get; private init; }

    /// <summary>YaRN: whether the ramp's ends are whole dimensions.</summary>
    public bool Truncate { get; private init; } = true;

    /// <summary>Llama 3: original positions a wave beyond which it is slowed.</summary>
    public double LowFreqFactor { get; private init; }

    /// <summary>Llama 3: original positions a wave below which it is kept.</summary>
    public double HighFreqFactor { get; private init; }

    /// <summary>LongRoPE: divisors up to the original positions.</summary>
    public double[]? ShortFactor { get; private init; }

    /// <summary>LongRoPE: divisors beyond them.</summary>
    public double[]? LongFactor { get; private init; }

    /// <summary>Reads the keys of a config.</summary>
    /// <param name="config">The config.</param>
    /// <param name="headDim">Width of a head.</param>
    /// <param name="maxPositions">Its max_position_embeddings.</param>
    internal static RopeParameters Read(ModelConfig config, int headDim, int maxPositions)
    {
        // Where both are there transformers takes the old key, unless nothing is in it.
        var key = config.Section("rope_scaling") is { Count: > 0 } ? "rope_scaling" : "rope_parameters";
        var section = config.Section(key);
        foreach (var unknown in section?.Keys.Except(s_known) ?? [])
        {
            throw config.Error($"{key}.{unknown}", $"one of {string.Join(", ", s_known)}", "a key that is not known");
        }

        RefusePartial(config, section);
        var type = TypeOf(section);
        var rope = new RopeParameters
        {
            Type = type,
            Theta = ThetaOf(config, section),
            MaxPositions = maxPositions,
            OriginalMaxPositions = OriginalOf(config, section, maxPositions),
        };
        if (headDim % 2 != 0 || (type == RopeType.Dynamic && headDim < 4))
        {
            throw config.Error("head_dim", "an even number, for dynamic scaling at least 4", $"{headDim}");
        }

        return type == RopeType.Default ? rope : rope.WithScaling(section!, headDim);
    }

    private RopeParameters WithScaling(JsonObject section, int headDim) => Type switch
    {
        RopeType.Yarn => WithYarn(section),
        RopeType.Llama3 => this with
        {
            Factor = FactorOf(section),
            LowFreqFactor = section.Number("low_freq_factor", double.Epsilon),
            HighFreqFactor = section.Number("high_freq_factor", double.Epsilon),
        },
        RopeType.LongRope => WithLongRope(section, headDim),
        _ => this with { Factor = FactorOf(section) },
    };

    private RopeParameters WithYarn(JsonObject section)
    {
        var factor = section.Has("factor") ? FactorOf(section) : (double)MaxPositions / OriginalMaxPositions;
        var (mscale, all) = (section.NumberOr("mscale", 0), section.NumberOr("mscale_all_dim", 0));
        var inferred = mscale != 0 && all != 0 ? Magnitude(factor, mscale) / Magnitude(factor, all) : Magnitude(factor, 1);
        return this with
        {
            Factor = factor,
            AttentionFactor = section.NumberOr("attention_factor", inferred),
            BetaFast = OrIfZero(section.NumberOr("beta_fast", 32), 32),
            BetaSlow = OrIfZero(section.NumberOr("beta_slow", 1), 1),
            Truncate = section.FlagOr("truncate", true),
        };

        static double Magnitude(double scale, double mscale) => scale <= 1 ? 1 : 0.1 * mscale * Math.Log(scale) + 1;

        static double OrIfZero(double value, double fallback) => value == 0 ? fallback : value;
    }

    private RopeParameters WithLongRope(JsonObject section, int headDim)
    {
        var factor = section.Has("factor") ? FactorOf(section) : (double)MaxPositions / OriginalMaxPositions;
        var inferred = factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(factor) / Math.Log(OriginalMaxPositions));
        return this with
        {
            Factor = factor,
            AttentionFactor = section.NumberOr("attention_factor", inferred),
            ShortFactor = Factors("short_factor"),
            LongFactor = Factors("long_factor"),
        };

        double[] Factors(string key)
        {
            var values = section.Numbers(key);
            return values.Length == headDim / 2
                ? values
                : throw section.Error(key, $"{headDim / 2} numbers, one a frequency", $"{values.Length}");
        }
    }

    private static double FactorOf(JsonObject section) => section.Number("factor", double.Epsilon);

    private static RopeType TypeOf(JsonObject? section) =>
        section?.TextOr("rope_type", section.TextOr("type", "default")) switch
        {
            null or "default" => RopeType.Default,
            "linear" => RopeType.Linear,
            "dynamic" => RopeType.Dynamic,
            "llama3" => RopeType.Llama3,
            "yarn" => RopeType.Yarn,
            "longrope" => RopeType.LongRope,
            var other => throw section!.Error("rope_type", "default, linear, dynamic, llama3, yarn or longrope", other),
        };

    private static double ThetaOf(ModelConfig config, JsonObject? section)
    {
        const double usual = 10000;
        const double least = 1e-6;
        return section is not null && section.Has("rope_theta")
            ? section.Number("rope_theta", least)
            : config.NumberOr("rope_theta", usual, least);
    }

    /// <summary>A key beside rope_parameters goes before one in it.</summary>
    private static int OriginalOf(ModelConfig config, JsonObject? section, int maxPositions)
    {
        const string key = "original_max_position_embeddings";
        return config.Has(key) ? config.Whole(key, 1)
            : section is not null ? section.WholeOr(key, maxPositions, 1)
            : maxPositions;
    }

    /// <summary>Heads that turn in part belong to other families.</summary>
    private static void RefusePartial(ModelConfig config, JsonObject? section)
    {
        foreach (var part in new[] { config, section })
        {
            if (part is not null && part.NumberOr("partial_rotary_factor", 1) is var found && found != 1)
            {
                throw part.Error("partial_rotary_factor", "1", $"{found}");
            }
        }
    }
}
