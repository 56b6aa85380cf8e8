using GpuTransformer.Tokenizers;

namespace GpuTransformer.Bench;

/// <summary>What a tokenizer is given.</summary>
public enum TokenizerInput
{
    /// <summary>One long text, on one core.</summary>
    Text,

    /// <summary>Its lines one after another, on one core.</summary>
    Lines,

    /// <summary>Its lines in batches of 8192, on all cores.</summary>
    Batch,
}

/// <summary>A tokenizer and the verse it reads.</summary>
internal sealed class TokenizerCase
{
    private const int LinesInABatch = 8192;
    private readonly Tokenizer _tokenizer;
    private readonly string[] _lines;
    private readonly string[][] _batches;
    private readonly string _text;

    /// <summary>Loads the tokenizer of a shipped model.</summary>
    public TokenizerCase(string name, string model, string[] lines)
    {
        Name = name;
        _tokenizer = Tokenizer.Load(VerseText.Model(model));
        _lines = lines;
        _batches = [.. lines.Chunk(LinesInABatch)];
        _text = string.Join('\n', lines);
    }

    /// <summary>The kinds: a name and the shipped model that has it.</summary>
    public static IReadOnlyList<(string Name, string Model)> Kinds { get; } =
        [("tokenizer WordPiece", "bert-shakespeare"), ("tokenizer byte-level BPE", "gpt2-shakespeare")];

    public string Name { get; }

    /// <summary>Bytes of the text, all of which are ASCII.</summary>
    public int Bytes => _text.Length;

    /// <summary>Reads the input once; gives the number of ids.</summary>
    public long Run(TokenizerInput input)
    {
        switch (input)
        {
            case TokenizerInput.Text:
                return _tokenizer.Encode(_text, addSpecialTokens: false).Ids.Length;
            case TokenizerInput.Lines:
                long count = 0;
                foreach (var line in _lines)
                {
                    count += _tokenizer.Encode(line, addSpecialTokens: false).Ids.Length;
                }

                return count;
            default:
                var options = new EncodeOptions { AddSpecialTokens = false };
                return _batches.Sum(lines => _tokenizer.EncodeBatch(lines, options).Sum(found => (long)found.Ids.Length));
        }
    }

    /// <summary>Checks that lines and batch give as many ids, and that the ids give the letters back.</summary>
    /// <exception cref="InvalidOperationException">They do not.</exception>
    public void Verify()
    {
        var sample = _text[..Math.Min(_text.Length, 4096)];
        var back = _tokenizer.Decode(_tokenizer.Encode(sample, addSpecialTokens: false).Ids);
        if (Run(TokenizerInput.Lines) != Run(TokenizerInput.Batch) || Letters(back) != Letters(sample))
        {
            throw new InvalidOperationException($"{Name}: what was encoded is not the text");
        }
    }

    // WordPiece keeps neither case nor white space.
    private static string Letters(string text) =>
        string.Concat(text.Where(letter => !char.IsWhiteSpace(letter))).ToUpperInvariant();
}
