using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench.Peers;

/// <summary>All rows of the table.</summary>
internal static partial class PeerRows
{
    private const int Sentences = 64;
    private const int ShortestSentence = 5;
    private const int LongestSentence = 128;
    private static readonly int[] s_images = [1, 8];

    public static IReadOnlyList<PeerRow> All { get; } =
    [
        .. Encoders(), .. Vision(), .. Gpt2(), .. Translation(), Packed(), .. MatMuls(), .. Rings(), .. Attention(), .. Elementwise(), .. Llama(),
    ];

    /// <summary>Rows by name or beginning of a name, in the table's order; none: all.</summary>
    /// <exception cref="ArgumentException">A word asks for no row.</exception>
    public static IReadOnlyList<PeerRow> Select(IReadOnlyList<string> words)
    {
        foreach (var word in words)
        {
            if (!All.Any(row => row.IsAskedBy(word)))
            {
                throw new ArgumentException($"--rows: no row begins with '{word}'; there are: {string.Join(", ", All.Select(row => row.Name))}.");
            }
        }

        return [.. All.Where(row => words.Count == 0 || words.Any(row.IsAskedBy))];
    }

    private static IEnumerable<PeerRow> Encoders()
    {
        (BertShape Shape, int Batch, int Tokens)[] rows =
        [
            (BertShape.Base, 1, 128), (BertShape.Base, 8, 128), (BertShape.Base, 1, 512),
            (BertShape.MiniLm, 1, 16), (BertShape.MiniLm, 1, 128), (BertShape.MiniLm, 32, 128),
        ];
        foreach (var (shape, batch, tokens) in rows)
        {
            var name = $"{shape.Name}.{batch}x{tokens}";
            var target = shape == BertShape.Base ? new RowTarget(0.95, 0.95, 0.90) : new RowTarget(0.85);
            yield return Model(
                name, new Work(batch * shape.Flops(tokens), sizeof(float) * shape.LayerWeights, IsMemoryBound: false), new GraphPeer(name), target,
                context => new EncoderSide(context, shape, [.. Enumerable.Repeat(tokens, batch)]), batch * tokens);
        }
    }

    private static IEnumerable<PeerRow> Vision() => s_images.Select(images => Model(
        $"vit-b16.{images}", new Work(images * VitWeights.Flops, 0, IsMemoryBound: false), new GraphPeer($"vit-b16.{images}x224"),
        new RowTarget(0.95, 0.95, 0.90), context => new VisionSide(context, images), images * (VitWeights.Patches + 1)));

    private static IEnumerable<PeerRow> Gpt2()
    {
        const int Prompt = 128;
        const double Attended = 2.0 * Gpt2Checkpoint.Layers * Gpt2Checkpoint.Hidden;
        yield return Model(
            "gpt2.prefill.1x128",
            new Work(2 * Prompt * Gpt2Checkpoint.Weights + Attended * Prompt * (Prompt + 1), sizeof(float) * Gpt2Checkpoint.Weights, false),
            new GraphPeer("gpt2.prefill.1x128"), new RowTarget(0.90), context => new PromptSide(Gpt2Checkpoint.Load(context), Prompt, everyRow: true), Prompt);
        foreach (var past in new[] { 128, 512 })
        {
            yield return Model(
                $"gpt2.step.past{past}",
                new Work(
                    2 * Gpt2Checkpoint.Weights + 2 * Attended * (past + 1),
                    sizeof(float) * (Gpt2Checkpoint.Weights + 2.0 * Gpt2Checkpoint.Layers * Gpt2Checkpoint.Hidden * (past + 1)), true),
                new GraphPeer($"gpt2.step.past{past}"), new RowTarget(0.93), context => new StepSide(Gpt2Checkpoint.Load(context), past));
        }
    }

    private static IEnumerable<PeerRow> Translation()
    {
        const int Source = 32, Past = 16, Tokens = 32;
        foreach (var batch in new[] { 1, 32 })
        {
            yield return Model(
                $"transformer-base.encode.{batch}x{Tokens}", new Work(batch * TransformerBase.EncoderFlops(Tokens), 0, IsMemoryBound: false),
                new GraphPeer($"transformer-base.encode.{batch}x{Tokens}"), new RowTarget(0.85),
                context => new TranslationEncoderSide(context, batch, Tokens), batch * Tokens);
        }

        foreach (var batch in new[] { 1, 4, 32 })
        {
            var cached = 2.0 * TransformerBase.Layers * TransformerBase.Hidden * (Source + Past + 1);
            yield return Model(
                $"transformer-base.step.{batch}",
                new Work(
                    batch * 2 * (TransformerBase.StepWeights + cached), sizeof(float) * (TransformerBase.StepWeights + batch * cached),
                    IsMemoryBound: batch < 16),
                new GraphPeer($"transformer-base.step.{batch}x.past{Past}.source{Source}"), new RowTarget(0.85),
                context => new TranslationStepSide(context, batch, Source, Past));
        }
    }

    /// <summary>Sentences of many lengths: ours computes no padding, the peer's graph has no other choice.</summary>
    private static PeerRow Packed()
    {
        int[] lengths = [.. Enumerable.Range(0, Sentences)
            .Select(i => ShortestSentence + (LongestSentence - ShortestSentence) * i / (Sentences - 1))];
        return Model(
            "minilm.sentences64", new Work(lengths.Sum(length => BertShape.MiniLm.Flops(length)), 0, IsMemoryBound: false),
            new GraphPeer("minilm.32x128", Times: 2), new RowTarget(0.50), context => new EncoderSide(context, BertShape.MiniLm, lengths), lengths.Sum());
    }

    private static PeerRow Model(string name, Work work, Peer peer, RowTarget target, Func<SideContext, ISide> ours, int rows = 1) =>
        new(name, work, peer, target, ours) { IsModel = true, ProductRows = rows };
}
