namespace GpuTransformer.Models;

/// <summary>What a run of an encoder-decoder is made for.</summary>
/// <param name="Sources">The most sources.</param>
/// <param name="SourceLength">The most tokens of a source.</param>
/// <param name="Sequences">The most sequences of the decoder, beams included.</param>
/// <param name="TargetRows">The most target tokens of a pass, all sequences together.</param>
/// <param name="TargetLength">The most target tokens of a sequence.</param>
/// <param name="LastOnly">Logits of one row a sequence; else of every row.</param>
internal sealed record EncoderDecoderSize(
    int Sources, int SourceLength, int Sequences, int TargetRows, int TargetLength, bool LastOnly)
{
    /// <summary>Whether a run of this size serves another.</summary>
    public bool Holds(EncoderDecoderSize asked) =>
        asked.Sources <= Sources
        && asked.SourceLength <= SourceLength
        && asked.Sequences <= Sequences
        && asked.TargetRows <= TargetRows
        && asked.TargetLength <= TargetLength
        && asked.LastOnly == LastOnly;
}
