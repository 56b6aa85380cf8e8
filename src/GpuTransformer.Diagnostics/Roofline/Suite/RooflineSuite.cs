namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The rows of a report: each kernel at a transformer's shapes, with what it is to reach on an NVIDIA H200.</summary>
internal static class RooflineSuite
{
    private const int RowWidth = 768;
    private const int SoftmaxWidth = 512;
    private const int BertTokens = 128;

    private static readonly RooflineTarget s_largeMatMul = new(TargetMeasure.ShareOfCublas, 0.60, 0.85);
    private static readonly RooflineTarget s_layerMatMul = new(TargetMeasure.ShareOfCublas, 0.50, 0.80);
    private static readonly RooflineTarget s_attention = new(TargetMeasure.ShareOfPeak, 0.35, 0.50);
    private static readonly RooflineTarget s_rows = new(TargetMeasure.ShareOfCopy, 0.80, 0.92);
    private static readonly RooflineTarget s_weights = new(TargetMeasure.ShareOfCopy, 0.70, 0.85);
    private static readonly RooflineTarget s_launch = new(TargetMeasure.Microseconds, 4, 2);

    /// <summary>All rows at a scale, family by family.</summary>
    public static IReadOnlyList<RooflineEntry> Entries(RooflineScale scale) =>
        [.. MatMuls(scale), .. Attentions(scale), .. Rows(scale), .. Weights(scale), .. Models(scale), .. Launches()];

    /// <summary>Whether a row's name contains all words.</summary>
    public static bool Matches(RooflineEntry entry, IEnumerable<string> words) =>
        words.All(word => entry.Name.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<RooflineEntry> MatMuls(RooflineScale scale)
    {
        foreach (var shape in scale.LargeMatMuls)
        {
            yield return new RooflineEntry(RowFamily.MatMul, $"matmul {shape}", s_largeMatMul, r => new MatMulCase(r.Device, shape));
        }

        foreach (var shape in scale.LayerMatMuls)
        {
            yield return new RooflineEntry(RowFamily.MatMul, $"matmul {shape}", s_layerMatMul, r => new MatMulCase(r.Device, shape));
        }

        var (batch, each) = (scale.BatchedMatMuls, new MatMulShape(128, 64, 128));
        yield return new RooflineEntry(
            RowFamily.MatMul, $"matmul {batch} x {each}", s_layerMatMul, r => new BatchedMatMulCase(r.Device, batch, each));
    }

    private static IEnumerable<RooflineEntry> Attentions(RooflineScale scale)
    {
        foreach (var isCausal in new[] { false, true })
        {
            foreach (var length in scale.AttentionLengths)
            {
                var shape = new SequenceShape(length, isCausal, scale.AttentionTokens / length);
                yield return new RooflineEntry(
                    RowFamily.Attention, $"attention 12 heads x 64, {shape}", s_attention, r => new AttentionCase(r.Device, shape));
            }
        }
    }

    private static IEnumerable<RooflineEntry> Rows(RooflineScale scale)
    {
        var (rows, softmaxRows) = ((int)(scale.ArrayBytes / sizeof(float) / RowWidth), (int)(scale.ArrayBytes / sizeof(float) / SoftmaxWidth));
        yield return new RooflineEntry(
            RowFamily.Rows, $"softmax {softmaxRows}x{SoftmaxWidth}", s_rows,
            r => new SoftmaxCase(r.Device, softmaxRows, SoftmaxWidth, r.Arrays));
        yield return new RooflineEntry(
            RowFamily.Rows, $"LayerNorm {rows}x{RowWidth}", s_rows, r => new NormCase(r.Device, false, rows, RowWidth, r.Arrays));
        yield return new RooflineEntry(
            RowFamily.Rows, $"RMSNorm {rows}x{RowWidth}", s_rows, r => new NormCase(r.Device, true, rows, RowWidth, r.Arrays));
        yield return new RooflineEntry(
            RowFamily.Rows, $"GELU {rows}x{RowWidth}", s_rows, r => new GeluCase(r.Device, rows, RowWidth, r.Arrays));
        yield return new RooflineEntry(
            RowFamily.Rows, $"embedding {rows} of {rows}x{RowWidth}", s_rows, r => new EmbeddingCase(r.Device, rows, RowWidth, r.Arrays));
    }

    private static IEnumerable<RooflineEntry> Weights(RooflineScale scale)
    {
        foreach (var shape in scale.RingMatMuls)
        {
            foreach (var encoding in scale.RingEncodings)
            {
                yield return new RooflineEntry(
                    RowFamily.Weights, $"matmul {shape} {WeightRingCase.NameOf(encoding)}", s_weights,
                    r => new WeightRingCase(r.Device, shape, encoding, scale.RingBytes));
            }
        }
    }

    private static IEnumerable<RooflineEntry> Models(RooflineScale scale)
    {
        foreach (var sequences in scale.BertSequences)
        {
            var target = sequences switch
            {
                1 => new RooflineTarget(TargetMeasure.Milliseconds, 2, 1),
                32 => new RooflineTarget(TargetMeasure.Milliseconds, 25, 16),
                _ => null,
            };
            yield return new RooflineEntry(
                RowFamily.Model, $"BERT-base {sequences} x {BertTokens} tokens", target,
                r => new BertCase(r.Device, r.Bert, sequences, BertTokens));
        }

        yield return new RooflineEntry(
            RowFamily.Model, "ViT-B/16 1 image 224x224", null, r => new VitCase(r.Device, new VitWeights(r.Layers)));
        yield return new RooflineEntry(
            RowFamily.Model, $"decoder step 1 x 1 token over {scale.DecoderKeys} keys", null,
            r => new DecoderCase(r.Device, new DecoderWeights(r.Layers, DecoderSizes.SmolLm2), 1, scale.DecoderKeys));
    }

    private static IEnumerable<RooflineEntry> Launches()
    {
        yield return new RooflineEntry(RowFamily.Launch, "launch of one operation in a plan, host side", s_launch, r => new LaunchCase(r.Device));
    }
}
