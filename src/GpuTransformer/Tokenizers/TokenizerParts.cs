using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers;

// The five kinds of parts that tokenizer.json names. Each part is immutable and safe to share between threads.

/// <summary>Rewrites text before it is split: cleaning, lower case, Unicode forms.</summary>
internal interface INormalizer
{
    /// <summary>Rewrites the text in place, keeping track of where each letter came from.</summary>
    void Normalize(NormalizedText text);
}

/// <summary>Splits text into pieces that the model never merges across.</summary>
internal interface IPreTokenizer
{
    /// <summary>Replaces each piece that is not yet a token by smaller ones.</summary>
    void Split(PieceList pieces);
}

/// <summary>A token the model found: its id and the UTF-16 units of the piece that it covers.</summary>
internal readonly record struct ModelToken(int Id, int Start, int End);

/// <summary>Turns one piece of text into tokens of a vocabulary.</summary>
internal interface ITokenModel
{
    /// <summary>The tokens that the model knows.</summary>
    Vocabulary Vocabulary { get; }

    /// <summary>Adds the tokens of a piece to <paramref name="tokens"/>.</summary>
    void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens);
}

/// <summary>Adds special tokens and joins the sequences of a pair.</summary>
internal interface IPostProcessor
{
    /// <summary>How many tokens <see cref="Process"/> adds.</summary>
    int AddedTokens(bool isPair);

    /// <summary>Joins one or two sequences; without special tokens it adds none.</summary>
    TokenList Process(TokenList first, TokenList? second, bool addSpecialTokens);
}

/// <summary>Turns tokens back into text.</summary>
internal interface IDecoder
{
    /// <summary>Starts at the first token of a text.</summary>
    IDecoding Start();
}

/// <summary>A text on its way out, token by token. Decoding a whole text is pushing all its tokens, so that what is
/// streamed and what is decoded at once never differ.</summary>
internal interface IDecoding
{
    /// <summary>Takes the next token; gives the text that is certain now and was not before.</summary>
    string Push(string token);

    /// <summary>The text that was still held back when the last token has been pushed.</summary>
    string End();
}
