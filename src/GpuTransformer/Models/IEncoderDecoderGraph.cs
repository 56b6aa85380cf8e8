using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>What a family of encoder-decoders consists of, as graph fragments over its weights.</summary>
internal interface IEncoderDecoderGraph
{
    /// <summary>Whether attention looks at distances between tokens: then a token's position is its key's slot, and a
    /// padding mask may not have holes.</summary>
    bool HasRelativePositions => false;

    /// <summary>The encoder, from the source's rows to the memory [source rows, hidden]. One that reads features declares
    /// them as an input of one row a source, under the name of <see cref="FeatureSource.Name"/>.</summary>
    GraphTensor Encoder(GraphBuilder graph, TokenSpace source);

    /// <summary>Writes the keys and values of every cross-attention, in the encoder's program.</summary>
    void MemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes);

    /// <summary>The decoder, from the target's rows to [target rows, hidden], keys of its own persistent.</summary>
    GraphTensor Decoder(GraphBuilder graph, TokenSpace target, Visibility memory);

    /// <summary>From hidden rows to logits.</summary>
    GraphTensor Head(GraphBuilder graph, GraphTensor hidden);
}

/// <summary>What an encoder reads that does not read ids.</summary>
/// <param name="Name">Name of the input: input_features.</param>
/// <param name="Channels">Rows of a source.</param>
/// <param name="Frames">Columns of a source.</param>
/// <param name="Tokens">Encoder rows that come out of one source.</param>
internal sealed record FeatureSource(string Name, int Channels, int Frames, int Tokens);
