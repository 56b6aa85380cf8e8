using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>The families that can be loaded: one line each.</summary>
internal static class ModelFamilies
{
    // Encoders of texts may also be loaded for another task than they were saved for.
    private static readonly (string Name, string[] Types, Func<ModelConfig, ComputeDevice, EncoderTask?, TextEncoder> Load)[] s_encoders =
    [
        ("BERT", ["bert"], Bert.Load),
        ("RoBERTa, XLM-RoBERTa", ["roberta", "xlm-roberta"], Roberta.Load),
        ("DistilBERT", ["distilbert"], DistilBert.Load),
    ];

    private static readonly (string Name, string[] Types, Func<ModelConfig, ComputeDevice, TransformerModel> Load)[] s_table =
    [
        .. s_encoders.Select(family => (family.Name, family.Types, Load(family.Load))),
        ("GPT-2", ["gpt2"], Gpt2.Load),
        ("Llama", ["llama"], Llama.Load),
        ("Mistral", ["mistral"], Mistral.Load),
        ("Qwen 2", ["qwen2"], Qwen2.Load),
        ("Qwen 3", ["qwen3"], Qwen3.Load),
        ("Gemma 2", ["gemma2"], Gemma2.Load),
        ("ViT", ["vit"], Vit.Load),
        ("DeiT", ["deit"], Deit.Load),
        ("DETR", ["detr"], Detr.Load),
        ("T5 and mT5", ["t5", "mt5"], T5.Load),
        ("Marian", ["marian"], Marian.Load),
        ("BART", ["bart"], Bart.Load),
        ("Whisper", ["whisper"], Whisper.Load),
        ("Transformer (torch.nn.Transformer on embeddings)", ["torch.nn.Transformer"], VanillaTransformer.Load),
        ("Transformer (tokens to tokens)", ["transformer-seq2seq"], Seq2SeqTransformer.Load),
    ];

    /// <summary>Loads an encoder of texts, for a task or for its own.</summary>
    /// <exception cref="InputException">The kind is not one of the table.</exception>
    public static TextEncoder LoadEncoder(ModelConfig config, ComputeDevice device, EncoderTask? task)
    {
        using var part = StartTimes.Measure("weights");
        var type = config.ModelType;
        foreach (var (_, types, load) in s_encoders)
        {
            if (types.Contains(type))
            {
                return WithTokenizer(config, () => load(config, device, task));
            }
        }

        throw new InputException(
            $"{config.Name}: model kind '{Quoted.Plain(type)}' is no encoder of texts that is supported; supported: " +
            $"{string.Join(", ", s_encoders.SelectMany(f => f.Types))}.");
    }

    /// <summary>Loads the model of a config.</summary>
    /// <exception cref="InputException">The kind is not one of the table.</exception>
    public static TransformerModel Load(ModelConfig config, ComputeDevice device)
    {
        using var part = StartTimes.Measure("weights");
        var type = config.ModelType;
        foreach (var (_, types, load) in s_table)
        {
            if (types.Contains(type))
            {
                return WithTokenizer(config, () => load(config, device));
            }
        }

        throw new InputException(
            $"{config.Name}: model kind '{Quoted.Plain(type)}' is not supported; supported: {string.Join(", ", s_table.SelectMany(f => f.Types))}.");
    }

    private static TModel WithTokenizer<TModel>(ModelConfig config, Func<TModel> load)
        where TModel : TransformerModel
    {
        var tokenizer = config.Options.ReadsTokenizer ? TransformerModel.ReadTokenizer(config.Folder) : null;
        var model = load();
        if (tokenizer is not null)
        {
            model.TakeTokenizer(tokenizer);
        }

        return model;
    }

    private static Func<ModelConfig, ComputeDevice, TransformerModel> Load(Func<ModelConfig, ComputeDevice, EncoderTask?, TextEncoder> load) =>
        (config, device) => load(config, device, null);
}
