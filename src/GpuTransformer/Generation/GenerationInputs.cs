namespace GpuTransformer.Generation;

/// <summary>What is to be continued or answered.</summary>
/// <param name="Prompts">What each sequence of the decoder begins with; empty arrays stand for an encoder-decoder's start
/// token.</param>
internal sealed record GenerationInputs(IReadOnlyList<int[]> Prompts)
{
    /// <summary>Source ids of an encoder-decoder, a row a prompt.</summary>
    public IReadOnlyList<int[]>? Sources { get; init; }

    /// <summary>Features of an encoder-decoder that does not read ids.</summary>
    public HostTensor? Features { get; init; }

    /// <summary>The number of each input among all that the caller has, which names its random stream; null: its place here.
    /// So a text's draws do not depend on how texts are put into batches.</summary>
    public IReadOnlyList<int>? Numbers { get; init; }
}

/// <summary>A model as generation sees it.</summary>
/// <param name="VocabSize">Ids are below it.</param>
/// <param name="MaxLength">The most tokens of a decoder's sequence.</param>
/// <param name="IsEncoderDecoder">Whether it reads a source first.</param>
/// <param name="Start">Begins a decoding.</param>
/// <param name="Tokenizer">The tokenizer of what it writes, for stop strings.</param>
internal sealed record GenerationTarget(
    int VocabSize,
    int MaxLength,
    bool IsEncoderDecoder,
    Func<DecodingRequest, IDecoding> Start,
    Func<Tokenizers.ITokenizer> Tokenizer);
