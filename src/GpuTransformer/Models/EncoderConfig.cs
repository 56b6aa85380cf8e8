using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>What stands on an encoder.</summary>
public enum EncoderTask
{
    /// <summary>Nothing but perhaps a pooler: hidden states come out.</summary>
    Encode,

    /// <summary>Words for masks.</summary>
    MaskedLm,

    /// <summary>Labels of a whole text.</summary>
    SequenceClassification,

    /// <summary>Labels of each token.</summary>
    TokenClassification,
}

/// <summary>The config.json of an encoder of BERT's kind, under BERT's names.</summary>
/// <param name="Architecture">As "architectures" has it.</param>
/// <param name="Task">What stands on the encoder.</param>
/// <param name="TypeVocabSize">Token types; 0: there are none.</param>
/// <param name="PaddingIdx">The id at which RoBERTa's positions stand still, and after which they begin; null: positions are places.</param>
/// <param name="Labels">Names of the classes, by id.</param>
/// <param name="ProblemType">"single_label_classification", "multi_label_classification", "regression", or null.</param>
public sealed record EncoderConfig(
    string Architecture,
    EncoderTask Task,
    int VocabSize,
    int HiddenSize,
    int NumHiddenLayers,
    int NumAttentionHeads,
    int IntermediateSize,
    int MaxPositionEmbeddings,
    int TypeVocabSize,
    float LayerNormEps,
    ActivationKind HiddenAct,
    bool TieWordEmbeddings,
    int? PaddingIdx,
    IReadOnlyList<string> Labels,
    string? ProblemType)
{
    /// <summary>The most tokens of a text.</summary>
    public int MaxLength => PaddingIdx is { } padding ? MaxPositionEmbeddings - padding - 1 : MaxPositionEmbeddings;

    /// <summary>The output layer's weight, where it is tied to the word embeddings; null: it is not, or there is none.</summary>
    internal string? TiedHead(string layer) => Task == EncoderTask.MaskedLm && TieWordEmbeddings ? $"{layer}.weight" : null;

    internal EncoderSizes Sizes => new(
        VocabSize, HiddenSize, NumHiddenLayers, NumAttentionHeads, IntermediateSize, MaxPositionEmbeddings, TypeVocabSize, LayerNormEps,
        HiddenAct);

    /// <summary>Reads what the families share, under BERT's keys; where one is absent, transformers' default holds.</summary>
    /// <param name="config">The file.</param>
    /// <param name="prefix">What architectures begin with: "Bert".</param>
    /// <param name="task">The task that is asked for, whatever the folder was saved for; null: its own.</param>
    /// <param name="paddingIdx">See <see cref="PaddingIdx"/>.</param>
    internal static EncoderConfig Read(ModelConfig config, string prefix, EncoderTask? task, int? paddingIdx = null)
    {
        RefuseWhatIsNotHonoured(config);
        var (architecture, own) = ReadTask(config, prefix, task);
        return new EncoderConfig(
            architecture,
            own,
            config.WholeOr("vocab_size", 30522, 1, 1 << 24),
            config.WholeOr("hidden_size", 768, 1, 1 << 16),
            config.WholeOr("num_hidden_layers", 12, 1, 1 << 10),
            config.WholeOr("num_attention_heads", 12, 1, 1 << 10),
            config.WholeOr("intermediate_size", 3072, 1, 1 << 20),
            config.WholeOr("max_position_embeddings", 512, 1, 1 << 20),
            config.WholeOr("type_vocab_size", 2, 1, 1 << 16),
            (float)config.NumberOr("layer_norm_eps", 1e-12, 0, 1),
            ActivationNames.Read(config, "hidden_act", "gelu"),
            config.FlagOr("tie_word_embeddings", true),
            paddingIdx,
            LabelNames.Read(config),
            ReadProblemType(config)).Checked(config, "hidden_size", "num_attention_heads");
    }

    /// <summary>Refuses sizes that do not fit each other.</summary>
    internal EncoderConfig Checked(ModelConfig config, string hidden, string heads)
    {
        if (HiddenSize % NumAttentionHeads != 0)
        {
            throw config.Error(hidden, $"a multiple of {heads} {NumAttentionHeads}", $"{HiddenSize}");
        }

        return MaxLength > 0
            ? this
            : throw config.Error("max_position_embeddings", $"more than pad_token_id + 1 = {PaddingIdx + 1}", $"{MaxPositionEmbeddings}");
    }

    /// <summary>Refuses keys of the shared base that would change the result.</summary>
    internal static void RefuseWhatIsNotHonoured(ModelConfig config)
    {
        foreach (var key in new[] { "is_decoder", "add_cross_attention", "is_encoder_decoder" })
        {
            if (config.FlagOr(key, false))
            {
                throw config.Error(key, "false: an encoder without cross attention", "true");
            }
        }

        if (config.TextOr("position_embedding_type", "absolute") is var kind && kind != "absolute")
        {
            throw config.Error("position_embedding_type", "absolute", kind);
        }

        if (config.Has("quantization_config"))
        {
            throw config.Error("quantization_config", "none", "quantized weights, which are not supported");
        }

        if (config.Section("pruned_heads") is { Count: > 0 } pruned)
        {
            throw config.Error("pruned_heads", "none", $"heads pruned in {pruned.Count} layer(s)");
        }
    }

    /// <summary>The architecture's name and what stands on the encoder.</summary>
    internal static (string Architecture, EncoderTask Task) ReadTask(ModelConfig config, string prefix, EncoderTask? asked)
    {
        var architecture = config.Has("architectures") ? config.Texts("architectures").FirstOrDefault($"{prefix}Model") : $"{prefix}Model";
        EncoderTask? own = !architecture.StartsWith(prefix, StringComparison.Ordinal) ? null : architecture[prefix.Length..] switch
        {
            "Model" => EncoderTask.Encode,
            "ForMaskedLM" or "ForPreTraining" => EncoderTask.MaskedLm,
            "ForSequenceClassification" => EncoderTask.SequenceClassification,
            "ForTokenClassification" => EncoderTask.TokenClassification,
            _ => null,
        };
        if (asked == EncoderTask.Encode)
        {
            return ($"{prefix}Model", EncoderTask.Encode);
        }

        return own is { } task
            ? (architecture, task)
            : throw config.Error(
                "architectures",
                $"{prefix}Model, {prefix}ForMaskedLM, {prefix}ForSequenceClassification or {prefix}ForTokenClassification", architecture);
    }

    internal static string? ReadProblemType(ModelConfig config) => !config.Has("problem_type")
        ? null
        : config.OneOf("problem_type", "single_label_classification", "multi_label_classification", "regression");

    /// <summary>Weights of heads that a checkpoint may hold and the task does not read.</summary>
    /// <param name="task">The task.</param>
    /// <param name="languageModel">The masked-language-model head.</param>
    /// <param name="stored">What of that head may be stored and stand unread where it is the task's: the other of two tied.</param>
    internal static string[] UnusedHeads(EncoderTask task, string[] languageModel, string[] stored) => task switch
    {
        EncoderTask.MaskedLm => [.. stored, "classifier.*"],
        EncoderTask.Encode => [.. languageModel, "classifier.*"],
        _ => languageModel,
    };
}
