using GpuTransformer.Generation;
using GpuTransformer.Models;

namespace GpuTransformer.Bench.Memory;

/// <summary>Models that a benchmark finds by itself, and a small run of any model.</summary>
internal static class BenchModels
{
    private const string Shipped = "tools/GpuTransformer.Cli/models";
    private static readonly string[] s_shipped = ["bert-shakespeare", "g2p", "g2p-nat", "gpt2-shakespeare", "vit-fashion"];
    private static readonly string[] s_real = ["minilm", "smollm2", "whisper-tiny.en"];

    /// <summary>The folder of a shipped model.</summary>
    public static string? ShippedFolder(string name) => Above(Path.Combine(Shipped, name));

    /// <summary>A folder of published models, where it is beside the repository.</summary>
    public static string? RealFolder(string name) => Above(Path.Combine("shared", "real", name));

    /// <summary>The folders of all of them that are there.</summary>
    public static IEnumerable<string> Found() => s_shipped.Select(ShippedFolder).Concat(s_real.Select(RealFolder)).OfType<string>();

    /// <summary>A run of a few tokens, or of one picture or piece of speech.</summary>
    public static Action SmallRun(TransformerModel model)
    {
        switch (model)
        {
            case TextEncoder encoder:
                var text = encoder.Tokenizer.Encode("good my lord, what is the matter?");
                return () => encoder.HiddenStates([text]);
            case VisionTransformer vit:
                var (channels, height, width) = (vit.Config.NumChannels, vit.Config.ImageHeight, vit.Config.ImageWidth);
                var pixels = new ForwardInputs(new HostTensor("pixel_values", new float[channels * height * width], 1, channels, height, width));
                return () => vit.Forward(pixels);
            case Whisper whisper:
                var features = new ForwardInputs(
                    new HostTensor("input_features", new float[80 * 3000], 1, 80, 3000), new HostTensor("decoder_input_ids", new long[] { 50257, 50362 }, 1, 2));
                return () => whisper.Forward(features);
            default:
                var generative = (GenerativeModel)model;
                var options = new GenerationOptions { MaxNewTokens = 4, EosTokenIds = [] };
                return () => generative.Generate([[4, 9, 2]], options);
        }
    }

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
