using System.Text.Json.Nodes;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Cli;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>DETR of many configs and pictures against a float64 reference, which is itself held to recorded answers.</summary>
public class DetrTests
{
    /// <summary>Float32 on one side, float64 on the other; the same share as for recorded answers.</summary>
    private const double Relative = 2e-5;

    [SkippableTheory]
    [InlineData("detr", "")]
    [InlineData("detr-panoptic", "detr.")]
    public void The_reference_gives_what_is_recorded(string name, string prefix)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        var reference = new DetrReference(config, new ReferenceWeights(folder), prefix);
        using var file = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        var (pixels, mask) = (file.ReadFloat32("in.pixel_values"), file.ReadInt64("in.pixel_mask"));
        var each = pixels.Length / 2;
        for (var image = 0; image < 2; image++)
        {
            var picture = new ReferenceMap([.. pixels.AsSpan(image * each, each).ToArray().Select(v => (double)v)], 3, 96, 64);
            var first = image * 96 * 64;
            foreach (var (output, expected) in reference.Run(picture, (y, x) => mask[first + y * 64 + x] != 0))
            {
                if (file.Tensors.ContainsKey($"out.{output}"))
                {
                    var recorded = file.ReadFloat32($"out.{output}");
                    AssertClose(expected, recorded[(image * expected.Length)..((image + 1) * expected.Length)], output);
                }
            }
        }
    }

    [SkippableTheory]
    [InlineData("detr", 33, 65, """{}""", """{}""")]
    [InlineData("detr", 1, 1, """{"num_queries": 1}""", """{"downsample_in_first_stage": true}""")]
    [InlineData("detr", 50, 31, """{"auxiliary_loss": true, "encoder_attention_heads": 2}""", """{"layer_type": "bottleneck", "depths": [2, 1, 1, 2]}""")]
    [InlineData("detr", 40, 40, """{"activation_function": "silu", "decoder_layers": 3}""", """{"layer_type": "bottleneck", "downsample_in_bottleneck": true, "hidden_sizes": [8, 16], "depths": [1, 2], "out_features": ["stage2"]}""")]
    [InlineData("detr", 29, 47, """{"encoder_layers": 0, "d_model": 48, "decoder_attention_heads": 3}""", """{"downsample_in_first_stage": true, "embedding_size": 5, "hidden_sizes": [5, 7, 9], "depths": [2, 1, 1], "out_features": ["stage3"]}""")]
    [InlineData("detr", 37, 41, """{"position_embedding_type": "learned"}""", """{}""")]
    [InlineData("detr", 36, 33, """{"use_timm_backbone": true, "backbone": "resnet18.a1_in1k", "dilation": true, "backbone_config": null}""", """{}""")]
    [InlineData("detr-panoptic", 45, 83, """{}""", """{"layer_type": "bottleneck"}""")]
    [InlineData("detr-panoptic", 7, 9, """{"d_model": 64, "num_queries": 3, "activation_function": "silu"}""", """{"downsample_in_first_stage": true}""")]
    public void Answers_are_the_references(string fixture, int height, int width, string changes, string backbone)
    {
        using var folder = ModelFolder.Of(Fixtures.Folder($"tiny/{fixture}"));
        folder.ChangeConfig(config =>
        {
            Merge(config["backbone_config"]!, backbone);
            Merge(config, changes);
        });
        var node = JsonNode.Parse(File.ReadAllText(folder.At("config.json")))!;
        var weights = new ReferenceWeights(seed: height * 1000 + width);
        var reference = new DetrReference(node, weights, fixture == "detr" ? "" : "detr.");
        var random = new Random(7);
        var pixels = Enumerable.Range(0, 2 * 3 * height * width).Select(_ => random.NextSingle() * 4 - 2).ToArray();

        // The second image is padded below and at the right.
        bool IsReal(int image, int y, int x) => image == 0 || (y <= height * 2 / 3 && x <= width / 2);
        var expected = Enumerable.Range(0, 2).Select(image => reference.Run(
            new ReferenceMap([.. pixels.AsSpan(image * 3 * height * width, 3 * height * width).ToArray().Select(v => (double)v)], 3, height, width),
            (y, x) => IsReal(image, y, x))).ToArray();
        weights.Save(folder.Path);

        var mask = Enumerable.Range(0, 2 * height * width).Select(i => IsReal(i / (height * width), i / width % height, i % width) ? 1L : 0).ToArray();
        var outputs = Run(folder, pixels, mask, 2, height, width);
        foreach (var name in expected[0].Keys)
        {
            AssertClose([.. expected[0][name], .. expected[1][name]], outputs[name], name);
        }
    }

    [SkippableFact]
    public void An_image_answers_alike_alone_and_in_a_batch()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/detr-panoptic"));
        const int height = 40, width = 56;
        var random = new Random(3);
        var pixels = Enumerable.Range(0, 3 * 3 * height * width).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        long[] mask = [.. Enumerable.Range(0, 3 * height * width).Select(i => i / width % height < 40 - 9 * (i / (height * width)) ? 1L : 0)];
        var together = Run(folder, pixels, mask, 3, height, width);

        // Two images a run: the mask head of 5 queries counts once.
        using var device = ComputeDevice.Open("cpu");
        using var model = (Detr)TransformerModel.Load(folder.Path, device);
        model.PixelsPerRun = 2 * height * width;
        var inTurn = model.Forward(new ForwardInputs(
            new HostTensor("pixel_values", pixels, 3, 3, height, width), new HostTensor("pixel_mask", mask, 3, height, width)));
        Assert.All(inTurn, output => Assert.Equal(together[output.Name], output.Floats));
        for (var image = 0; image < 3; image++)
        {
            var alone = Run(
                folder,
                pixels[(image * 3 * height * width)..((image + 1) * 3 * height * width)],
                mask[(image * height * width)..((image + 1) * height * width)],
                1,
                height,
                width);
            Assert.All(alone, o => Assert.Equal(o.Value, together[o.Key][(image * o.Value.Length)..((image + 1) * o.Value.Length)]));
        }
    }

    [SkippableTheory]
    [InlineData("position_embedding_type", "\"rotary\"")]
    [InlineData("activation_function", "\"celu\"")]
    [InlineData("d_model", "34")]
    [InlineData("encoder_attention_heads", "5")]
    [InlineData("architectures", "[\"ConditionalDetrForObjectDetection\"]")]
    [InlineData("backbone_config", "{\"model_type\": \"swin\"}")]
    [InlineData("layer_type", "{\"backbone_config\": {\"layer_type\": \"wide\"}}")]
    [InlineData("out_features", "{\"backbone_config\": {\"out_features\": [\"stage9\"]}}")]
    [InlineData("depths", "{\"backbone_config\": {\"depths\": [1]}}")]
    [InlineData("backbone", "{\"backbone_config\": null, \"use_timm_backbone\": true, \"backbone\": \"vgg16\"}")]
    [InlineData("backbone_kwargs.output_stride", "{\"backbone_config\": null, \"use_timm_backbone\": true, \"backbone\": \"resnet50\", \"backbone_kwargs\": {\"output_stride\": 8}}")]
    public void Keys_that_are_not_honoured_are_refused_by_name(string key, string value)
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/detr"));
        folder.ChangeConfig(config => Merge(config, value.StartsWith("{\"", StringComparison.Ordinal) && key != "backbone_config"
            ? value
            : $"{{\"{key}\": {value}}}"));
        using var device = ComputeDevice.Open("cpu");
        var error = Assert.Throws<InputException>(() => TransformerModel.Load(folder.Path, device));
        Assert.Contains(key is "encoder_attention_heads" ? "d_model" : key, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_bare_model_gives_its_hidden_states()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/detr"));
        var pixels = Enumerable.Range(0, 3 * 20 * 24).Select(i => MathF.Sin(i)).ToArray();
        var expected = Run(folder, pixels, null, 1, 20, 24);
        folder.ChangeConfig(config => config["architectures"] = new JsonArray("DetrModel"));
        var bare = Run(folder, pixels, null, 1, 20, 24);
        Assert.Equal(["last_hidden_state", "encoder_last_hidden_state"], bare.Keys);
        Assert.All(bare, output => Assert.Equal(expected[output.Key], output.Value));
        folder.ChangeWeights((name, values, shape) => name.StartsWith("model.", StringComparison.Ordinal) ? (name[6..], values, shape) : null);
        Assert.All(Run(folder, pixels, null, 1, 20, 24), output => Assert.Equal(expected[output.Key], output.Value));
    }

    [SkippableFact]
    public void Masks_and_pictures_that_do_not_fit_are_refused()
    {
        using var folder = ModelFolder.Of(Fixtures.Folder("tiny/detr"));
        var pixels = new float[3 * 8 * 8];
        Refused("pixel_mask", () => Run(folder, pixels, new long[64], 1, 8, 8));
        Refused("pixel_mask", () => Run(folder, pixels, [.. Enumerable.Repeat(2L, 64)], 1, 8, 8));
        Refused("pixel_values", () => Run(folder, new float[2 * 64], null, 1, 8, 8, channels: 2));
        Refused("pixel_values", () => Run(folder, [], null, 1, 0, 8));

        static void Refused(string part, Action run) =>
            Assert.Contains(part, Assert.Throws<InputException>(run).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Shapes_are_found_as_pytorch_found_them()
    {
        var folder = Fixtures.Shared("models/detr-shapes");
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder, device);
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var images = recorded.Bytes("images");
        var pixels = new float[images.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (image, place, channel) = (i / (3 * 4096), i % (3 * 4096) / 3, i % 3);
            pixels[(image * 3 + channel) * 4096 + place] = (images[i] / 255f - 0.5f) / 0.25f;
        }

        var outputs = model.Forward(new ForwardInputs(new HostTensor("pixel_values", pixels, 64, 3, 64, 64))).ToDictionary(o => o.Name, o => o.Floats);
        foreach (var name in new[] { "logits", "pred_boxes" })
        {
            AssertClose([.. recorded.ReadFloat32(name).Select(v => (double)v)], outputs[name], name);
        }
    }

    private static void Merge(JsonNode target, string changes)
    {
        foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject())
        {
            if (value is JsonObject inner && target[key] is JsonObject && inner["model_type"] is null)
            {
                Merge(target[key]!, inner.ToJsonString());
            }
            else
            {
                target[key] = value?.DeepClone();
            }
        }
    }

    private static Dictionary<string, float[]> Run(
        ModelFolder folder, float[] pixels, long[]? mask, int images, int height, int width, int channels = 3)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder.Path, device);
        var inputs = new List<HostTensor> { new("pixel_values", pixels, images, channels, height, width) };
        if (mask is not null)
        {
            inputs.Add(new HostTensor("pixel_mask", mask, images, height, width));
        }

        return model.Forward(new ForwardInputs(inputs)).ToDictionary(o => o.Name, o => o.Floats);
    }

    private static void AssertClose(double[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= Relative * largest,
                $"{what}: element {i} is {actual[i]}, expected {expected[i]}, largest {largest}");
        }
    }
}
