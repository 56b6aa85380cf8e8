using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>DistilBERT (Sanh et al. 2019, arXiv:1910.01108): BERT without token types and pooler, under other names.
/// Follows transformers/models/distilbert/modeling_distilbert.py.</summary>
public sealed class DistilBert : TextEncoder
{
    private const float LayerNormEps = 1e-12f;

    private const string OutputLayer = "vocab_projector";

    private DistilBert(EncoderConfig config, EncoderHead? head, EncoderStack stack, WeightLoader load, ComputeDevice device, string folder)
        : base(config, stack, head, load, device, folder)
    {
    }

    private protected override bool ReadsTypes => false;

    internal static DistilBert Load(ModelConfig config, ComputeDevice device, EncoderTask? task)
    {
        var read = ReadConfig(config, task);
        using var store = config.OpenWeights("", "distilbert.");
        var load = new WeightLoader(store, device, config.Options);
        var stack = new EncoderStack(load, EncoderNames.DistilBert, read.Sizes, read.TiedHead(OutputLayer));
        var model = new DistilBert(read, Head(load, read), stack, load, device, config.Folder);
        load.Pack([
            "position_ids", "*.position_ids", "qa_outputs.*",
            .. read.Task == EncoderTask.SequenceClassification ? (string[])[] : ["pre_classifier.*"],
            .. EncoderConfig.UnusedHeads(read.Task, ["vocab_transform.*", "vocab_layer_norm.*", "vocab_projector.*"], ["vocab_projector.*"]),
        ]);
        return model;
    }

    private static EncoderConfig ReadConfig(ModelConfig config, EncoderTask? asked)
    {
        EncoderConfig.RefuseWhatIsNotHonoured(config);
        var (architecture, task) = EncoderConfig.ReadTask(config, "DistilBert", asked);
        return new EncoderConfig(
            architecture,
            task,
            config.WholeOr("vocab_size", 30522, 1, 1 << 24),
            config.WholeOr("dim", 768, 1, 1 << 16),
            config.WholeOr("n_layers", 6, 1, 1 << 10),
            config.WholeOr("n_heads", 12, 1, 1 << 10),
            config.WholeOr("hidden_dim", 3072, 1, 1 << 20),
            config.WholeOr("max_position_embeddings", 512, 1, 1 << 20),
            TypeVocabSize: 0,
            LayerNormEps,
            ActivationNames.Read(config, "activation", "gelu"),
            config.FlagOr("tie_word_embeddings", true),
            PaddingIdx: null,
            LabelNames.Read(config),
            EncoderConfig.ReadProblemType(config)).Checked(config, "dim", "n_heads");
    }

    private static EncoderHead? Head(WeightLoader load, EncoderConfig config)
    {
        var hidden = config.HiddenSize;
        HeadStep Classifier() => new(load.Linear("classifier", hidden, config.Labels.Count));
        return config.Task switch
        {
            EncoderTask.MaskedLm => new EncoderHead("logits", true, MaskedLmHead.Load(
                load, config, "vocab_transform", "vocab_layer_norm", OutputLayer, "vocab_projector.bias", config.HiddenAct)),
            EncoderTask.SequenceClassification => new EncoderHead(
                "logits", false, new HeadStep(load.Linear("pre_classifier", hidden, hidden), ActivationKind.Relu), Classifier()),
            EncoderTask.TokenClassification => new EncoderHead("logits", true, Classifier()),
            _ => null,
        };
    }
}
