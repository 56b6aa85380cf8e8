using GpuTransformer.Generation;
using GpuTransformer.Models;

namespace GpuTransformer.Bench.Memory;

/// <summary>Models that a benchmark finds by itself, and a small run of any model.</summary>
internal static class BenchModels
{
    private const string Shipped = "tools/GpuTransformer.Cli/models";
    private const int PictureSize = 64;
    private static readonly string[] s_shipped = ["bert-shakespeare", "g2p", "g2p-nat", "gpt2-shakespeare", "vit-fashion"];
    private static readonly string[] s_real = ["minilm", "smollm2", "whisper-tiny.en"];

    /// <summary>The folder of a shipped model.</summary>
    public static string? ShippedFolder(string name) => Above(Path.Combine(Shipped, name));

    /// <summary>A folder of published models, where it is beside the repository.</summary>
    public static string? RealFolder(string name) => Above(Path.Combine("shared", "real", name));

    /// <summary>The folders of all of them that are there.</summary>
    public static IEnumerable<string> Found() => s_shipped.Select(ShippedFolder).Concat(s_real.Select(RealFolder)).OfType<string>();

    /// <summary>The shortest run that uses all of a model: a few tokens, two new ones, one picture, one piece of speech.</summary>
    public static Action SmallRun(TransformerModel model)
    {
        switch (model)
        {
            case TextEncoder encoder:
                var text = encoder.Tokenizer.Encode("my lord");
                return () => encoder.HiddenStates([text]);
            case VisionTransformer vit:
                return Forward(model, Zeros("pixel_values", 1, vit.Config.NumChannels, vit.Config.ImageHeight, vit.Config.ImageWidth));
            case Detr detr:
                return Forward(model, Zeros("pixel_values", 1, detr.Config.Backbone.NumChannels, PictureSize, PictureSize));
            case VanillaTransformer vanilla:
                return Forward(model, Zeros("src", 1, 2, vanilla.Config.DModel), Zeros("tgt", 1, 2, vanilla.Config.DModel));
            case Whisper whisper:
                return Forward(
                    model,
                    Zeros("input_features", 1, whisper.Config.NumMelBins, 2 * whisper.Config.MaxSourcePositions),
                    new HostTensor("decoder_input_ids", new long[] { 1, 2 }, 1, 2));
            default:
                var generative = (GenerativeModel)model;
                var options = new GenerationOptions { MaxNewTokens = 2, EosTokenIds = [] };
                return () => generative.Generate([[4, 9, 2]], options);
        }
    }

    private static Action Forward(TransformerModel model, params HostTensor[] tensors)
    {
        var inputs = new ForwardInputs(tensors);
        return () => model.Forward(inputs);
    }

    private static HostTensor Zeros(string name, params long[] shape) => new(name, new float[shape.Aggregate(1L, (a, b) => a * b)], shape);

    private static string? Above(string path)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Directory.Exists(Path.Combine(folder, path)))
            {
                return Path.Combine(folder, path);
            }
        }

        return null;
    }
}
