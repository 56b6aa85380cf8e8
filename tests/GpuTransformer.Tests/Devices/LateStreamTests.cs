using System.Reflection;
using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Tests.Devices;

/// <summary>A card's streams run when they come to it, and do not wait for each other. Here they run as late as they may:
/// the stand-in keeps what was queued until a stream is synchronized, and the host takes its device for a card.</summary>
public class LateStreamTests
{
    /// <summary>Sums in other orders than the processor's tiles.</summary>
    private const float Tolerance = 1e-4f;

    private static readonly int[][] Prompts = [[5, 9, 7, 1], [4, 6, 8, 10, 12, 14, 1], [3], [5, 9, 7, 1]];

    [Theory]
    [InlineData(DeviceKind.Cuda)]
    [InlineData(DeviceKind.OpenCl)]
    public void Sessions_over_one_store_share_its_stream(DeviceKind kind)
    {
        using var device = ComputeDevice.OpenCpuAsCard(kind);
        using var store = new KeyValueStore(device.Kernels, Writer("first"));
        using var first = new Session(Writer("first"), device.Kernels, store);
        using var second = new Session(Writer("second"), device.Kernels, store);
        Assert.Same(first.Stream, second.Stream);
        Assert.NotSame(device.Accelerator.DefaultStream, first.Stream);
        using var other = new Session(Writer("other"), device.Kernels);
        Assert.NotSame(first.Stream, other.Stream);
    }

    /// <summary>Each prompt after a longer or a shorter one: a decoder that does not wait for its encoder reads keys of the
    /// text before.</summary>
    [SkippableTheory]
    [InlineData("t5", DeviceKind.Cuda)]
    [InlineData("t5", DeviceKind.OpenCl)]
    [InlineData("bart", DeviceKind.Cuda)]
    [InlineData("g2p", DeviceKind.OpenCl)]
    public void A_decoder_waits_for_its_encoder(string name, DeviceKind kind)
    {
        using var card = OpenLate(kind);
        using var processor = ComputeDevice.Open("cpu");
        using var model = Load(name, card);
        using var same = Load(name, processor);
        foreach (var prompt in Prompts)
        {
            Compare(FirstLogits(same, prompt), FirstLogits(model, prompt));
        }
    }

    /// <summary>Beams copy pages of keys by a session of its own, and the store grows under them.</summary>
    [SkippableTheory]
    [InlineData("gpt2", DeviceKind.OpenCl)]
    [InlineData("t5", DeviceKind.Cuda)]
    public void Beams_are_those_of_the_processor(string name, DeviceKind kind)
    {
        using var card = OpenLate(kind);
        using var processor = ComputeDevice.Open("cpu");
        using var model = Load(name, card);
        using var same = Load(name, processor);
        var options = new GenerationOptions { MaxNewTokens = 14, NumBeams = 2, EosTokenIds = [] };
        var expected = same.Generate(Prompts[..2], options);
        var found = model.Generate(Prompts[..2], options);
        Assert.Equal(expected.Select(answer => answer.Ids), found.Select(answer => answer.Ids));
    }

    private static ComputeDevice OpenLate(DeviceKind kind)
    {
        Skip.IfNot(DeviceTraits.IsStandIn, "ILGPU's own CPU accelerator has no streams that run late.");
        var device = ComputeDevice.OpenCpuAsCard(kind);

        // No part of ILGPU's own surface.
        typeof(Accelerator).GetMethod("RunLate", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(device.Accelerator, []);
        return device;
    }

    private static GenerativeModel Load(string name, ComputeDevice device) => (GenerativeModel)TransformerModel.Load(
        Fixtures.ShippedModels.Contains(name) ? Fixtures.Model(name) : Fixtures.Folder($"tiny/{name}"), device);

    private static float[] FirstLogits(GenerativeModel model, int[] source)
    {
        using var decoding = model.Start(new DecodingRequest([[0]], 1, 4) { Sources = [source] });
        return [.. decoding.Logits(0)];
    }

    private static void Compare(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.InRange(expected.Zip(found).Max(pair => Math.Abs(pair.Second - pair.First)), 0, Tolerance * expected.Max(Math.Abs));
    }

    /// <summary>A program that writes keys and values.</summary>
    private static GpuTransformer.Graph.Program Writer(string name)
    {
        var graph = new GraphBuilder(name);
        var rows = graph.Rows("tokens", 16);
        var input = graph.Input("input", rows, 8);
        var keys = graph.Keys("keys", 1, 16, 1);
        _ = graph.WriteKeys("layer", input.Columns(0, 4), input.Columns(4, 4), keys, graph.Table("writes", 32), 1, persistent: true);
        return graph.Build();
    }
}
