using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Which variant an operation takes at a shape.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Shape">The shape that was asked about.</param>
/// <param name="Variant">Name of the variant.</param>
public sealed record VariantReport(string Operation, string Shape, string Variant)
{
    private const int Rows = 128;
    private const int Width = 768;
    private const int Heads = 12;
    private const int HeadDim = 64;

    /// <summary>What a kernel set chooses for every operation at the shapes of BERT-base; nothing is launched.</summary>
    public static IReadOnlyList<VariantReport> Of(KernelSet kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);

        // Only addresses are looked at, so a small buffer stands for every view.
        using var floats = kernels.DevicePool.Rent<float>(1024, "a stand-in for views");
        using var integers = kernels.DevicePool.Rent<int>(64, "a stand-in for tables");
        ArrayView<float> data = floats.View;
        ArrayView<int> table = integers.View;
        var wide = new RowView(data, 0, Width);
        var rows = ActiveRows.Fixed(Rows);
        var norm = new NormArgs { X = wide, Y = wide, Weight = data, Width = Width, Rows = rows };
        var pages = new PagedKeys { Keys = data, Values = data, PageTable = table, PagesPerSequence = 8, NumKvHeads = Heads, HeadDim = HeadDim };
        return
        [
            MatMul(kernels, wide, Rows),
            MatMul(kernels, wide, 1),
            Line(kernels.Softmax, "1536x128", new SoftmaxArgs { X = wide, Y = wide, Width = 128, Rows = ActiveRows.Fixed(1536), RowsPerInterval = 1, RowsPerMask = 1 }),
            Line(kernels.LayerNorm, "128x768", norm),
            Line(kernels.RmsNorm, "128x768", norm),
            Line(kernels.BatchNorm, "1x64x3136", new BatchNormArgs { X = data, Y = data, Weight = data, Bias = data, Mean = data, Variance = data, Batch = 1, Channels = 64, Spatial = 3136 }),
            Line(kernels.Activation, "128x768", new ActivationArgs { X = wide, Y = wide, Width = Width, Rows = rows }),
            Line(kernels.SoftCap, "128x768", new SoftCapArgs { X = wide, Y = wide, Width = Width, Cap = 30f, Rows = rows }),
            Line(kernels.Attention, "12 heads x 64, 128 keys", new AttentionArgs<PlainScore>
            {
                Query = wide, Output = wide, Pages = pages, RowTable = table, BlockTable = table,
                Blocks = ActiveRows.Fixed(2), BlockRows = 64, NumHeads = Heads,
            }),
            Line(kernels.KeyValueWrite, "128x768", new KeyValueWriteArgs { Key = wide, Value = wide, Pages = pages, WriteTable = table, Rows = rows }),
            Line(kernels.PageCopy, "1x12288", new PageCopyArgs { Keys = data, Values = data, CopyTable = table, PageElements = Width * PagedKeys.PageTokens, Copies = ActiveRows.Fixed(1) }),
            Line(kernels.Rotary, "128x12x64", new RotaryArgs { X = wide, Y = wide, NumHeads = Heads, HeadDim = HeadDim, RotaryDim = HeadDim, Table = new RowView(data, 0, HeadDim), TableRows = Rows, Rows = rows }),
            Line(kernels.AttentionMap, "12 heads x 64, 128 keys", new AttentionMapArgs { Query = wide, Map = wide, Pages = pages, RowTable = table, Rows = rows, NumHeads = Heads, MapKeys = Rows }),
            Line(kernels.AdditiveAttention, "1x16x16x768", new AdditiveAttentionArgs
            {
                Query = wide, Key = wide, Value = wide, Output = wide, Weights = wide, Vector = data,
                Batch = 1, SeqLenQ = 16, SeqLenKv = 16, Width = Width, ValueWidth = Width,
            }),
            Line(kernels.Embedding, "128x768", new EmbeddingArgs { Ids = table, Table = wide, VocabSize = 30522, Y = wide, Width = Width, Rows = rows, Status = table }),
            Line(kernels.Convolution, "3x224x224 in 16x16 to 768", new ConvolutionArgs { X = data, Image = ConvolutionGeometry.Patches(3, 224, 224, 16, 16), Product = Kernels.MatMul.Dense(default, data, data, 196, Width, Width, StandardEpilogue.None) }),
            Line(kernels.TokenAssembly, "197x768", new TokenAssemblyArgs { Patches = wide, Tokens = wide, Positions = wide, Y = wide, Images = ActiveRows.Fixed(1), PatchCount = 196, PrefixCount = 1, Width = Width }),
            Line(kernels.Add, "128x768", new AddArgs { A = wide, B = wide, Y = wide, Width = Width, Rows = rows }),
            Line(kernels.Concat, "128x(768+768)", new ConcatArgs { A = wide, B = wide, Y = new RowView(data, 0, 2 * Width), WidthA = Width, WidthB = Width, Rows = rows }),
            Line(kernels.Transpose, "128x768", new TransposeArgs { X = wide, Y = new RowView(data, 0, Rows), Batch = 1, Rows = Rows, Columns = Width }),
            Line(kernels.Gather, "128x768", new GatherArgs { X = wide, SourceRows = Rows, Indices = table, Y = wide, Width = Width, Rows = rows, Status = table }),
            Line(kernels.TopK, "1x30522, k 1", new TopKArgs { X = wide, Width = 30522, K = 1, Indices = table, Values = data, Rows = ActiveRows.Fixed(1), Status = table }),
        ];
    }

    private static VariantReport MatMul(KernelSet kernels, RowView wide, int rows) =>
        Line(kernels.MatMul, $"{rows}x{Width}x{Width}", new MatMulArgs<StandardEpilogue>
        {
            X = wide,
            Weight = wide,
            WeightColumnStride = 1,
            Y = wide,
            N = Width,
            K = Width,
            Rows = ActiveRows.Fixed(rows),
            Batch = 1,
            Epilogue = StandardEpilogue.None,
        });

    private static VariantReport Line<TArgs>(Operation<TArgs> operation, string shape, in TArgs args)
        where TArgs : struct =>
        new(operation.Name, shape, operation.VariantFor(args));
}
