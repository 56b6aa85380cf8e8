namespace GpuTransformer.Generation;

/// <summary>What a decoding starts from.</summary>
/// <param name="Prompts">Ids that each sequence of the decoder begins with, at least one each; lengths may differ. For an
/// encoder-decoder its start token and forced ids.</param>
/// <param name="Sequences">The most sequences that are alive at once, beams included; at least the number of prompts.</param>
/// <param name="MaxLength">The most tokens of a decoder's sequence, prompt included.</param>
internal sealed record DecodingRequest(IReadOnlyList<int[]> Prompts, int Sequences, int MaxLength)
{
    /// <summary>Source ids of an encoder-decoder, one row a prompt, without padding; null: the model has no encoder of ids.</summary>
    public IReadOnlyList<int[]>? Sources { get; init; }

    /// <summary>Features of an encoder-decoder that does not read ids: Whisper's input_features, [prompts, num_mel_bins, frames].</summary>
    public HostTensor? Features { get; init; }
}
