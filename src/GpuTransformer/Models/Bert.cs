using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>BERT (Devlin et al. 2018, arXiv:1810.04805). Follows transformers/models/bert/modeling_bert.py.</summary>
public sealed class Bert : TextEncoder
{
    private const string OutputLayer = "cls.predictions.decoder";

    private Bert(EncoderConfig config, EncoderHead? head, EncoderStack stack, WeightLoader load, ComputeDevice device, string folder)
        : base(config, stack, head, load, device, folder)
    {
    }

    private protected override bool ReadsTypes => true;

    internal static Bert Load(ModelConfig config, ComputeDevice device, EncoderTask? task)
    {
        var read = EncoderConfig.Read(config, "Bert", task);
        using var store = config.OpenWeights("", "bert.");
        var load = new WeightLoader(store, device, config.Options);
        var stack = new EncoderStack(load, EncoderNames.Bert, read.Sizes, read.TiedHead(OutputLayer));
        var model = new Bert(read, Head(load, read), stack, load, device, config.Folder);
        load.Pack([
            "position_ids", "*.position_ids", "*.token_type_ids", "qa_outputs.*",
            .. read.Task is EncoderTask.MaskedLm or EncoderTask.TokenClassification ? (string[])["*pooler.dense.weight", "*pooler.dense.bias"] : [],
            .. EncoderConfig.UnusedHeads(read.Task, ["cls.*", "bert.cls.*"], ["cls.seq_relationship.*", "cls.predictions.bias", "cls.predictions.decoder.*"]),
        ]);
        return model;
    }

    private static EncoderHead? Head(WeightLoader load, EncoderConfig config)
    {
        var hidden = config.HiddenSize;
        HeadStep Pooler() => new(load.Linear("pooler.dense", hidden, hidden), ActivationKind.Tanh);
        HeadStep Classifier() => new(load.Linear("classifier", hidden, config.Labels.Count));
        return config.Task switch
        {
            EncoderTask.MaskedLm => new EncoderHead(
                config.Architecture == "BertForPreTraining" ? "prediction_logits" : "logits", true, MaskedLmHead.Load(
                    load, config, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", OutputLayer,
                    "cls.predictions.bias", config.HiddenAct)),
            EncoderTask.SequenceClassification => new EncoderHead("logits", false, Pooler(), Classifier()),
            EncoderTask.TokenClassification => new EncoderHead("logits", true, Classifier()),
            _ => load.Has("pooler.dense.weight") ? new EncoderHead("pooler_output", false, Pooler()) : null,
        };
    }
}
