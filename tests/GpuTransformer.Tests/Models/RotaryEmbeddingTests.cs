using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Frequencies of every kind of rope scaling against the formulas of transformers/modeling_rope_utils.py in
/// float64 (a script of 40 lines, heads 16 wide), and what a config may say of them.</summary>
public class RotaryEmbeddingTests
{
    // Frequencies are float32, from a power and a few products.
    private const double Relative = 1e-6;
    private const int HeadDim = 16;

    public static TheoryData<string, int, double, double[]> Kinds => new()
    {
        { """ "rope_type": "linear", "factor": 3 """, 9, 1, [0.333333333, 0.105409255, 0.0333333333, 0.0105409255, 0.00333333333, 0.00105409255, 0.000333333333, 0.000105409255] },
        { """ "rope_type": "dynamic", "factor": 2, "max": 64 """, 64, 1, [1, 0.316227766, 0.1, 0.0316227766, 0.01, 0.00316227766, 0.001, 0.000316227766] },
        { """ "rope_type": "dynamic", "factor": 2, "max": 64 """, 100, 1, [1, 0.283945139, 0.0806248419, 0.0228930319, 0.00650036513, 0.00184574708, 0.000524090911, 0.000148813066] },
        { """ "rope_type": "llama3", "rope_theta": 500000, "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 512 """, 9, 1, [1, 0.193922745, 0.0273441373, 0.000911583092, 0.000176776695, 3.4281022e-05, 6.64786987e-06, 1.28917317e-06] },
        { """ "rope_type": "yarn", "factor": 8, "original_max_position_embeddings": 512, "mscale": 0.8, "mscale_all_dim": 0.5 """, 9, 1.0565079928608092, [1, 0.247052942, 0.05625, 0.0108703295, 0.00125, 0.000395284708, 0.000125, 3.95284708e-05] },
        { """ "rope_type": "yarn", "factor": 8, "original_max_position_embeddings": 512, "attention_factor": 1.25, "mscale": 0.8 """, 9, 1.25, [1, 0.247052942, 0.05625, 0.0108703295, 0.00125, 0.000395284708, 0.000125, 3.95284708e-05] },
        { """ "type": "yarn", "factor": 8, "original_max_position_embeddings": 512, "truncate": false """, 9, 1.2079441541679836, [1, 0.298936264, 0.0654650761, 0.0115101231, 0.00125, 0.000395284708, 0.000125, 3.95284708e-05] },
        { """ "rope_type": "yarn", "rope_theta": 50000, "factor": 8, "original_max_position_embeddings": 512, "beta_fast": 16, "beta_slow": 2 """, 9, 1.2079441541679836, [1, 0.258600136, 0.0376166422, 0.00216170418, 0.000559016994, 0.000144561871, 3.73837195e-05, 9.66743497e-06] },
        { """ "rope_type": "yarn", "factor": null, "original_max_position_embeddings": 256 """, 9, 1.138629436111989, [1, 0.25693506, 0.0625, 0.0138349648, 0.0025, 0.000790569415, 0.00025, 7.90569415e-05] },
        { """ "rope_type": "yarn", "factor": 2 """, 9, 1.0693147180559945, [1, 0.316227766, 0.0875, 0.0237170825, 0.00625, 0.00158113883, 0.0005, 0.000158113883] },
        { LongRope, 256, 1.118033988749895, [1, 0.287479787, 0.0833333333, 0.0243252128, 0.00714285714, 0.00210818511, 0.000625, 0.000186016333] },
        { LongRope, 257, 1.118033988749895, [0.5, 0.105409255, 0.025, 0.00632455532, 0.00166666667, 0.000451753951, 0.000125, 3.51364184e-05] },
    };

    private const string LongRope =
        """ "rope_type": "longrope", "original_max_position_embeddings": 256, "short_factor": [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], "long_factor": [2, 3, 4, 5, 6, 7, 8, 9] """;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Frequencies_are_those_of_the_formulas(string parameters, int callLength, double attention, double[] expected)
    {
        // "max" stands for max_position_embeddings, which stands beside rope_parameters.
        var max = parameters.Contains("\"max\"", StringComparison.Ordinal) ? 64 : 1024;
        var rope = Read("{\"rope_parameters\": {" + parameters.Replace(", \"max\": 64", "", StringComparison.Ordinal) + "}}", max);
        Assert.Equal(attention, rope.AttentionFactor, 1e-12);
        Close(expected, new RotaryEmbedding(rope, HeadDim).Frequencies(callLength, new float[HeadDim / 2]));

        // Each further divided, as a GGUF file's rope_freqs.weight asks.
        float[] divisors = [1, 2, 3, 4, 5, 6, 7, 8];
        Close(
            [.. expected.Zip(divisors, (f, d) => f / d)],
            new RotaryEmbedding(rope, HeadDim, divisors).Frequencies(callLength, new float[HeadDim / 2]));
    }

    [Fact]
    public void Angles_carry_the_attention_factor()
    {
        var rope = Read("""{"rope_parameters": {"rope_type": "yarn", "factor": 2, "attention_factor": 1.5}}""", 1024);
        var embedding = new RotaryEmbedding(rope, HeadDim);
        var row = new float[HeadDim];
        embedding.Fill(7, embedding.Frequencies(8, []), row);
        Assert.Equal(1.5 * Math.Cos(7), row[0], 1e-6);
        Assert.Equal(1.5 * Math.Sin(7), row[8], 1e-6);
    }

    [Fact]
    public void Old_and_new_keys_say_the_same()
    {
        var old = Read("""{"rope_theta": 5000, "rope_scaling": {"type": "linear", "factor": 4}}""", 64);
        Assert.Equal(old, Read("""{"rope_parameters": {"rope_type": "linear", "factor": 4, "rope_theta": 5000}}""", 64));
        Assert.Equal(RopeType.Default, Read("""{"rope_theta": 5000, "rope_scaling": null}""", 64).Type);
        Assert.Equal(
            RopeType.Linear, Read("""{"rope_scaling": {}, "rope_parameters": {"rope_type": "linear", "factor": 4}}""", 64).Type);
        Assert.Equal(10000, Read("{}", 64).Theta);

        // A key beside rope_parameters goes before the one in it; without either the positions are the original ones.
        Assert.Equal(32, Read("""{"original_max_position_embeddings": 32, "rope_parameters": {"rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 16}}""", 64).OriginalMaxPositions);
        Assert.Equal(64, Read("""{"rope_parameters": {"rope_type": "yarn", "factor": 2}}""", 64).OriginalMaxPositions);
    }

    [Theory]
    [InlineData("""{"rope_parameters": {"rope_type": "mrope"}}""", "rope_type", "mrope", "llama3")]
    [InlineData("""{"rope_scaling": {"type": "su", "factor": 2}}""", "rope_scaling", "su", "longrope")]
    [InlineData("""{"rope_parameters": {"rope_type": "default", "mrope_section": [1, 2]}}""", "mrope_section")]
    [InlineData("""{"rope_parameters": {"full_attention": {"rope_type": "default"}}}""", "full_attention")]
    [InlineData("""{"rope_parameters": {"rope_type": "linear"}}""", "factor", "missing")]
    [InlineData("""{"rope_parameters": {"rope_type": "llama3", "factor": 8}}""", "low_freq_factor", "missing")]
    [InlineData("""{"rope_parameters": {"rope_type": "linear", "factor": 0}}""", "factor", "found 0")]
    [InlineData("""{"rope_parameters": {"rope_type": "longrope", "short_factor": [1], "long_factor": [1]}}""", "short_factor", "8 numbers")]
    [InlineData("""{"partial_rotary_factor": 0.5}""", "partial_rotary_factor", "0.5")]
    [InlineData("""{"rope_parameters": {"partial_rotary_factor": 0.25}}""", "partial_rotary_factor", "0.25")]
    [InlineData("""{"rope_theta": -1}""", "rope_theta")]
    public void What_is_not_honoured_is_refused_by_name(string json, params string[] parts)
    {
        var error = Assert.Throws<InputException>(() => Read(json, 64));
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private static RopeParameters Read(string json, int max) => RopeParameters.Read(ModelConfig.Parse(json), HeadDim, max);

    private static void Close(double[] expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var d = 0; d < expected.Length; d++)
        {
            Assert.Equal(1, actual[d] / expected[d], Relative);
        }
    }
}
