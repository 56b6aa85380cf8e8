using BenchmarkDotNet.Attributes;

namespace GpuTransformer.Bench;

/// <summary>One BERT-base encoder layer.</summary>
public class EncoderLayerBenchmark : DeviceBenchmark
{
    /// <summary>Tokens that the session is made for.</summary>
    [Params(128, 512)]
    public int Capacity { get; set; }

    /// <summary>Tokens of the input.</summary>
    [Params(16, 128)]
    public int Tokens { get; set; }

    private protected override BenchCase Make(BenchDevice device) => new EncoderLayerCase(
        device, Own(new RandomLayers(device)).EncoderLayer("encoder", EncoderSizes.Base), Capacity, Tokens);
}

/// <summary>One image through a ViT-B/16.</summary>
public class VitBenchmark : DeviceBenchmark
{
    private protected override BenchCase Make(BenchDevice device) =>
        new VitCase(device, new VitWeights(Own(new RandomLayers(device))));
}
