using BenchmarkDotNet.Attributes;
using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench;

/// <summary>y = x · weightᵀ, weight packed.</summary>
public class MatMulBenchmark : DeviceBenchmark
{
    /// <summary>The shapes.</summary>
    public static IEnumerable<MatMulShape> Shapes => MatMulShape.All;

    /// <summary>M x K x N.</summary>
    [ParamsSource(nameof(Shapes))]
    public MatMulShape Shape { get; set; }

    private protected override BenchCase Make(BenchDevice device) => new MatMulCase(device, Shape);
}

/// <summary>Softmax of 1536 rows of 128: the scores of 12 heads over 128 tokens.</summary>
public class SoftmaxBenchmark : DeviceBenchmark
{
    private protected override BenchCase Make(BenchDevice device) => new SoftmaxCase(device, 1536, 128);
}

/// <summary>LayerNorm of rows of 768.</summary>
public class LayerNormBenchmark : DeviceBenchmark
{
    /// <summary>Rows.</summary>
    [Params(128, 512)]
    public int Rows { get; set; }

    private protected override BenchCase Make(BenchDevice device) => new NormCase(device, false, Rows, 768);
}

/// <summary>Self-attention of one sequence, 12 heads of 64.</summary>
public class AttentionBenchmark : DeviceBenchmark
{
    /// <summary>The shapes.</summary>
    public static IEnumerable<SequenceShape> Shapes => SequenceShape.All;

    /// <summary>Tokens, causal or not.</summary>
    [ParamsSource(nameof(Shapes))]
    public SequenceShape Shape { get; set; }

    private protected override BenchCase Make(BenchDevice device) => new AttentionCase(device, Shape);
}
