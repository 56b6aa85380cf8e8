using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>A model that writes: a decoder, or an encoder-decoder.</summary>
public abstract class GenerativeModel : TransformerModel
{
    private protected GenerativeModel(ModelWeights weights, ComputeDevice device, string folder)
        : base(weights, device, folder)
    {
    }

    /// <summary>Whether it reads a source through an encoder before it writes.</summary>
    public abstract bool IsEncoderDecoder { get; }

    /// <summary>Ids are below it.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The most tokens that a sequence of the decoder may have; <see cref="int.MaxValue"/> where only memory limits it.</summary>
    public abstract int MaxTargetLength { get; }

    /// <summary>Reads the prompts (and the sources) and gives back the sequences, with the logits that follow each prompt.</summary>
    /// <exception cref="InputException">An id is not in the vocabulary, or a text is longer than the model.</exception>
    internal abstract IDecoding Start(DecodingRequest request);
}
