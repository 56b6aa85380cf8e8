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

    /// <summary>True when a token of this id is written as the letters that it stands for, not as the vocabulary writes
    /// it.</summary>
    bool IsWrittenAsText(int id) => false;
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

/// <summary>A piece of a token on its way out; a decoder may join tokens into one, which then comes in pieces.</summary>
/// <param name="Text">The letters.</param>
/// <param name="Begins">True when a token begins with them.</param>
/// <param name="Ends">True when a token ends with them.</param>
internal readonly record struct TokenPart(string Text, bool Begins = true, bool Ends = true);

/// <summary>A text on its way out, token by token. Decoding a whole text is pushing all its tokens, so that what is
/// streamed and what is decoded at once never differ. In a sequence, what one decoder gives the next one takes.</summary>
internal interface IDecoding
{
    /// <summary>Takes the next part; adds to <paramref name="output"/> what is certain now and was not before.</summary>
    void Push(in TokenPart part, List<TokenPart> output);

    /// <summary>Adds what was still held back when the last part has been pushed.</summary>
    void End(List<TokenPart> output);
}

/// <summary>The decoding of whole tokens, each by itself: parts of one token are gathered first.</summary>
internal abstract class WholeTokenDecoding : IDecoding
{
    private System.Text.StringBuilder? _gathered;

    /// <inheritdoc/>
    public void Push(in TokenPart part, List<TokenPart> output)
    {
        if (part.Begins && part.Ends)
        {
            Token(part.Text, output);
            return;
        }
        _gathered ??= new System.Text.StringBuilder();
        _gathered.Append(part.Text);
        if (part.Ends)
        {
            string token = _gathered.ToString();
            _gathered.Clear();
            Token(token, output);
        }
    }

    /// <inheritdoc/>
    public virtual void End(List<TokenPart> output)
    {
    }

    /// <summary>Takes the next whole token.</summary>
    protected abstract void Token(string token, List<TokenPart> output);
}
