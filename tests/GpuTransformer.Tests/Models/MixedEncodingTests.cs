using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tests.Weights.Gguf;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>A file whose queries and keys are Q4_K and whose values are Q6_K in every other layer, as llama.cpp's Q4_K_M has
/// it: each part of the fused projection stays what it is, and answers have the bits of float32 weights.</summary>
public sealed class MixedEncodingTests : IDisposable
{
    private const int Hidden = 256, Inner = 768, Heads = 4, KeyHeads = 2, HeadSize = 64, Vocabulary = 40, Layers = 2;

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public MixedEncodingTests() => _path = _folder.Write("mixed.gguf", Model());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_part_stays_as_it_is_stored_and_gives_the_bits_of_float32()
    {
        using var device = ComputeDevice.Open("cpu");
        var (stored, weights) = Answers(device, new LoadOptions());
        var (widened, wide) = Answers(device, new LoadOptions { Weights = WeightEncoding.F32 });
        Assert.All(stored, logit => Assert.True(float.IsFinite(logit)));
        Assert.True(stored.Distinct().Count() > Vocabulary);
        Assert.Equal(widened, stored);

        Assert.Equal(["Q4_K", "Q4_K, Q6_K"], Projections(weights).Select(w => w.Encoding));
        Assert.All(Projections(wide), w => Assert.Equal("F32", w.Encoding));

        // Bytes of 256 numbers, and a header for each matrix.
        const int Q4K = 148, Q6K = 210, Header = 64, QueryKeys = (Heads + KeyHeads) * HeadSize, Values = KeyHeads * HeadSize;
        Assert.Equal(
            [((QueryKeys + Values) * Q4K) + Header, (QueryKeys * Q4K) + (Values * Q6K) + (2 * Header)],
            Projections(weights).Select(w => w.Bytes));
    }

    [Fact]
    public void A_plan_shows_a_product_for_each_encoding()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(_path, device);
        var products = model.Plan()[0].Lines.Where(line => line.Layer.EndsWith("qkv", StringComparison.Ordinal)).ToArray();
        Assert.Collection(
            products,
            line => Assert.EndsWith("(512, 256)ᵀ Q4_K", line.Shape, StringComparison.Ordinal),
            line => Assert.EndsWith("(384, 256)ᵀ Q4_K", line.Shape, StringComparison.Ordinal),
            line => Assert.EndsWith("(128, 256)ᵀ Q6_K", line.Shape, StringComparison.Ordinal));
    }

    [Fact]
    public void Activations_of_8_bits_meet_every_part()
    {
        using var device = ComputeDevice.Open("cpu");
        var (rounded, weights) = Answers(device, new LoadOptions { Activations = ActivationEncoding.Int8 });
        var (exact, _) = Answers(device, new LoadOptions());
        Assert.Equal(["Q4_K x Int8", "Q4_K x Int8, Q6_K x Int8"], Projections(weights).Select(w => w.Encoding));
        var worst = exact.Zip(rounded).Max(pair => Math.Abs(pair.First - pair.Second)) / exact.Max(Math.Abs);
        Assert.InRange(worst, 1e-6, 0.1);
    }

    [Fact]
    public void Kernels_without_blocks_get_one_matrix()
    {
        using var device = ComputeDevice.Open("cpu", VariantKind.Naive);
        using var model = TransformerModel.Load(_path, device);
        Assert.All(Projections(model.Weights()), w => Assert.Equal("F32", w.Encoding));
    }

    private (float[] Logits, IReadOnlyList<WeightReport> Weights) Answers(ComputeDevice device, LoadOptions options)
    {
        using var model = TransformerModel.Load(_path, device, options);
        long[] ids = [3, 17, 9, 30, 3, 8, 22];
        return (model.Forward(new ForwardInputs(new HostTensor("input_ids", ids, 1, ids.Length)))[0].Floats, model.Weights());
    }

    private static IEnumerable<WeightReport> Projections(IEnumerable<WeightReport> weights) =>
        weights.Where(w => w.Kind == "matrix" && w.Rows == (Heads + 2 * KeyHeads) * HeadSize);

    private static byte[] Model()
    {
        var file = new GgufBuilder().Text("general.architecture", "llama")
            .UInt32("llama.context_length", 64)
            .UInt32("llama.embedding_length", Hidden)
            .UInt32("llama.block_count", Layers)
            .UInt32("llama.feed_forward_length", Inner)
            .UInt32("llama.attention.head_count", Heads)
            .UInt32("llama.attention.head_count_kv", KeyHeads)
            .UInt32("llama.rope.dimension_count", HeadSize)
            .Float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Float32("llama.rope.freq_base", 10_000);
        var seed = 0;
        Blocks("token_embd", WeightDtype.Q4_K, Vocabulary, Hidden);
        Ones("output_norm");
        for (var layer = 0; layer < Layers; layer++)
        {
            var more = layer % 2 == 1 ? WeightDtype.Q6_K : WeightDtype.Q4_K;
            Ones($"blk.{layer}.attn_norm");
            Blocks($"blk.{layer}.attn_q", WeightDtype.Q4_K, Heads * HeadSize, Hidden);
            Blocks($"blk.{layer}.attn_k", WeightDtype.Q4_K, KeyHeads * HeadSize, Hidden);
            Blocks($"blk.{layer}.attn_v", more, KeyHeads * HeadSize, Hidden);
            Blocks($"blk.{layer}.attn_output", WeightDtype.Q4_K, Hidden, Heads * HeadSize);
            Ones($"blk.{layer}.ffn_norm");
            Blocks($"blk.{layer}.ffn_gate", WeightDtype.Q4_K, Inner, Hidden);
            Blocks($"blk.{layer}.ffn_up", WeightDtype.Q4_K, Inner, Hidden);
            Blocks($"blk.{layer}.ffn_down", more, Hidden, Inner);
        }

        return file.Build();

        void Ones(string name) => file.Tensor($"{name}.weight", [.. Enumerable.Repeat(1f, Hidden)], Hidden);

        void Blocks(string name, WeightDtype dtype, int rows, int width)
        {
            const uint Q4KOfFile = 12, Q6KOfFile = 14;
            var bytes = RandomBlocks.Of(dtype, rows * width, largestScale: 2e-4f, seed++);
            file.Tensor($"{name}.weight", dtype == WeightDtype.Q4_K ? Q4KOfFile : Q6KOfFile, bytes, (ulong)width, (ulong)rows);
        }
    }
}
