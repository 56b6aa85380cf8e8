using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>RoBERTa (Liu et al. 2019, arXiv:1907.11692) and XLM-RoBERTa (Conneau et al. 2019, arXiv:1911.02116): BERT
/// with positions that count real tokens from padding_idx + 1, and heads of their own. Follows
/// transformers/models/roberta/modeling_roberta.py.</summary>
public sealed class Roberta : TextEncoder
{
    private const string OutputLayer = "lm_head.decoder";

    private Roberta(EncoderConfig config, EncoderHead? head, EncoderStack stack, WeightLoader load, ComputeDevice device, string folder)
        : base(config, stack, head, load, device, folder)
    {
    }

    // transformers' tokenizers of this family give out no token types, whatever the template says.
    private protected override bool ReadsTypes => false;

    internal static Roberta Load(ModelConfig config, ComputeDevice device, EncoderTask? task)
    {
        var prefix = config.ModelType == "xlm-roberta" ? "XLMRoberta" : "Roberta";
        var read = EncoderConfig.Read(config, prefix, task, config.WholeOr("pad_token_id", 1, 0, 1 << 20));
        using var store = config.OpenWeights("", "roberta.");
        var load = new WeightLoader(store, device, config.Options);
        var stack = new EncoderStack(load, EncoderNames.Bert, read.Sizes, read.TiedHead(OutputLayer));
        var model = new Roberta(read, Head(load, read), stack, load, device, config.Folder);
        load.Pack([
            "position_ids", "*.position_ids", "*.token_type_ids", "qa_outputs.*",
            .. read.Task == EncoderTask.Encode ? (string[])[] : ["*pooler.dense.weight", "*pooler.dense.bias"],
            .. EncoderConfig.UnusedHeads(read.Task, ["lm_head.*"], ["lm_head.bias", "lm_head.decoder.*"]),
        ]);
        return model;
    }

    private static EncoderHead? Head(WeightLoader load, EncoderConfig config)
    {
        var hidden = config.HiddenSize;
        return config.Task switch
        {
            EncoderTask.MaskedLm => new EncoderHead("logits", true, MaskedLmHead.Load(
                load, config, "lm_head.dense", "lm_head.layer_norm", OutputLayer, "lm_head.bias", ActivationKind.GeluErf)),
            EncoderTask.SequenceClassification => new EncoderHead(
                "logits", false,
                new HeadStep(load.Linear("classifier.dense", hidden, hidden), ActivationKind.Tanh),
                new HeadStep(load.Linear("classifier.out_proj", hidden, config.Labels.Count))),
            EncoderTask.TokenClassification => new EncoderHead(
                "logits", true, new HeadStep(load.Linear("classifier", hidden, config.Labels.Count))),
            _ => load.Has("pooler.dense.weight")
                ? new EncoderHead("pooler_output", false, new HeadStep(load.Linear("pooler.dense", hidden, hidden), ActivationKind.Tanh))
                : null,
        };
    }
}
