using System.CommandLine;
using GpuTransformer.Cli.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx tokens: what a tokenizer makes of texts.</summary>
internal static class TokensCommand
{
    private static readonly Option<bool> s_noSpecial = new("--no-special") { Description = "Add no special tokens around a text." };

    private static readonly Option<bool> s_special = new("--special")
    {
        Description = "Special tokens that stand in a text are those tokens. This is so by default here, as in Hugging Face's tokenizers.",
    };

    private static readonly Option<bool> s_splitSpecial = new("--split-special")
    {
        Description = "Special tokens that stand in a text are split as plain text, as the commands that run a model do.",
    };

    private static readonly Option<int?> s_maxLength = new("--max-length")
    {
        Description = "Cut texts at this many tokens, special tokens included, from the side that the tokenizer's file names.",
        HelpName = "N",
    };

    private static readonly Option<bool> s_truncate = new("--truncate")
    {
        Description = "Cut texts at the folder's own limit: max_seq_length of a sentence-transformers folder, else model_max_length.",
    };

    private static readonly Option<bool> s_padding = new("--padding")
    {
        Description = "Fill texts up as the tokenizer's file says; where it says nothing, to the longest of all inputs, which are then read to the end first. Adds \"attention_mask\".",
    };

    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Holds tokenizer.json or another form of a tokenizer; nothing else is needed. Or the name of a shipped model." };
        var offsets = new OffsetsOption();
        var command = new Command(
            "tokens",
            "Cut texts into tokens. A JSON line is {\"ids\", \"type_ids\", \"tokens\", \"offsets\"}; offsets are [start, end) in the token's own text. " +
            "Texts are not cut and not filled up unless that is asked for. Example: gputx tokens bert-shakespeare \"good morrow , my lord\"")
        {
            folder, s_noSpecial, s_special, s_splitSpecial, s_maxLength, s_truncate, s_padding, offsets.Option,
        };
        var options = new TextOptions(command);
        command.SetAction(parsed =>
        {
            var request = options.Read(parsed);
            if (parsed.GetValue(s_special) && parsed.GetValue(s_splitSpecial))
            {
                throw new ArgumentException("--special and --split-special: expected one of the two");
            }

            var path = ShippedModels.Resolve(parsed.GetValue(folder)!);
            var tokenizer = Tokenizer.Load(path);
            var padding = parsed.GetValue(s_padding) ? tokenizer.StoredPadding ?? Padding(path, tokenizer) : null;
            var toLongest = padding is { Length: 0 };
            var encode = new EncodeOptions { AddSpecialTokens = !parsed.GetValue(s_noSpecial), AllowSpecial = !parsed.GetValue(s_splitSpecial) };
            var work = new TokensWork(
                tokenizer.With(Truncation(parsed, path, tokenizer), toLongest ? null : padding), encode, toLongest ? padding : null,
                padding is not null, offsets.Read(parsed));
            return TextRun.Run(work, request with { ReadsAllFirst = toLongest });
        });
        return command;
    }

    private static TruncationOptions? Truncation(ParseResult parsed, string folder, Tokenizer tokenizer)
    {
        var length = parsed.GetValue(s_maxLength);
        if (length is null && parsed.GetValue(s_truncate))
        {
            length = SentenceModules.Read(folder)?.MaxSeqLength ?? SentenceModules.TokenizerLimit(folder) ?? tokenizer.StoredTruncation?.MaxLength
                ?? throw new InputException($"{folder}: --truncate: no file names a limit; --max-length N does.");
        }

        return length is not { } most ? null
            : most < 1 ? throw new ArgumentException($"--max-length {most}: expected at least 1")
            : tokenizer.StoredTruncation is { } stored ? stored with { MaxLength = most }
            : new TruncationOptions(most);
    }

    private static PaddingOptions Padding(string folder, Tokenizer tokenizer)
    {
        var token = SpecialTokenNames.Find(folder, tokenizer, "pad_token", "[PAD]", "<pad>");
        return new PaddingOptions(0, tokenizer.TokenToId(token)!.Value, token);
    }
}
