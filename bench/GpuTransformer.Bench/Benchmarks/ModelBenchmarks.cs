using BenchmarkDotNet.Attributes;
using GpuTransformer.Diagnostics.Roofline;

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

/// <summary>One step of a decoder of SmolLM2-135M's size.</summary>
public class DecoderBenchmark : DeviceBenchmark
{
    /// <summary>Sequences that each get a token.</summary>
    [Params(1, 8)]
    public int Sequences { get; set; }

    /// <summary>Tokens that each sequence has.</summary>
    [Params(128, 1024)]
    public int Keys { get; set; }

    private protected override BenchCase Make(BenchDevice device) => new DecoderCase(
        device, new DecoderWeights(Own(new RandomLayers(device)), DecoderSizes.SmolLm2), Sequences, Keys);
}
