using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>The families that can be loaded: one line each.</summary>
internal static class ModelFamilies
{
    private static readonly (string Name, string[] Types, Func<ModelConfig, ComputeDevice, TransformerModel> Load)[] s_table =
    [
        ("BERT", ["bert"], Bert.Load),
        ("GPT-2", ["gpt2"], Gpt2.Load),
        ("ViT", ["vit"], Vit.Load),
        ("DeiT", ["deit"], Deit.Load),
        ("T5 and mT5", ["t5", "mt5"], T5.Load),
        ("Marian", ["marian"], Marian.Load),
        ("BART", ["bart"], Bart.Load),
        ("Transformer (torch.nn.Transformer on embeddings)", ["torch.nn.Transformer"], VanillaTransformer.Load),
        ("Transformer (tokens to tokens)", ["transformer-seq2seq"], Seq2SeqTransformer.Load),
    ];

    /// <summary>Loads the model of a config.</summary>
    /// <exception cref="InputException">The kind is not one of the table.</exception>
    public static TransformerModel Load(ModelConfig config, ComputeDevice device)
    {
        var type = config.ModelType;
        foreach (var (_, types, load) in s_table)
        {
            if (types.Contains(type))
            {
                return load(config, device);
            }
        }

        throw new InputException(
            $"{config.Name}: model kind '{type}' is not supported; supported: {string.Join(", ", s_table.SelectMany(f => f.Types))}.");
    }
}
