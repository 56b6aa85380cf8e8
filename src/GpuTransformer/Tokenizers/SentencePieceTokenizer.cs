using GpuTransformer.Tokenizers.PostProcessors;
using GpuTransformer.Tokenizers.SentencePiece;

namespace GpuTransformer.Tokenizers;

/// <summary>The tokenizer that a SentencePiece model alone makes: no special tokens are added.</summary>
internal static class SentencePieceTokenizer
{
    /// <summary>The file's names in a model folder.</summary>
    public static readonly string[] FileNames = ["spiece.model", "tokenizer.model", "sentencepiece.bpe.model"];

    /// <summary>Reads a file.</summary>
    public static Tokenizer Load(string path)
    {
        (SentencePieceModel model, SentencePieceNormalizer normalizer, SentencePieceDecoder decoder) =
            SentencePieceModel.Of(SentencePieceFile.Load(path), path);
        return new Tokenizer(
            new AddedTokens([], normalizer), preTokenizer: null, model, TemplateProcessing.Plain, decoder);
    }
}
