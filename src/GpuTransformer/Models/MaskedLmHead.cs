using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>The masked-language-model head that the families share: dense, activation, norm, and the word embeddings as
/// the output layer.</summary>
internal static class MaskedLmHead
{
    /// <summary>Declares it under the family's names.</summary>
    /// <param name="bias">The output bias's name beside the output layer; its own name is <paramref name="decoder"/>.bias.</param>
    public static HeadStep[] Load(
        WeightLoader load, EncoderConfig config, string dense, string norm, string decoder, string bias, ActivationKind activation)
    {
        // transformers adds the output layer's bias; one that is missing is the head's, to which it is tied.
        var own = $"{decoder}.bias";
        var stored = load.Has(own) || !load.Has(bias) ? own : bias;
        var (_, weight) = load.TiedNames(EncoderStack.WordsName, $"{decoder}.weight", config.TieWordEmbeddings);
        return
        [
            new(load.Linear(dense, config.HiddenSize, config.HiddenSize), activation, load.Norm(norm, config.HiddenSize, config.LayerNormEps)),
            new(load.Tied(decoder, weight, stored, config.HiddenSize, config.VocabSize)),
        ];
    }
}
