using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.PostProcessors;
using GpuTransformer.Tokenizers.SentencePiece;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers;

/// <summary>The tokenizer of a folder with a SentencePiece model. The model alone adds no special tokens;
/// tokenizer_config.json beside it says by its tokenizer_class whose tokenizer it is and what stands around a
/// text.</summary>
internal static class SentencePieceTokenizer
{
    /// <summary>The file's names in a model folder.</summary>
    public static readonly string[] FileNames = ["spiece.model", "tokenizer.model", "sentencepiece.bpe.model"];

    private const int MostExtraTokens = 10_000;
    private const string Fast = "Fast";

    private static readonly Dictionary<string, string> NoNames = [];

    private static readonly Dictionary<string, Func<Parts, Tokenizer>> Kinds = new()
    {
        ["T5Tokenizer"] = T5,
        ["MT5Tokenizer"] = T5,
        ["LlamaTokenizer"] = Llama,
        ["CodeLlamaTokenizer"] = Llama,
        ["GemmaTokenizer"] = Llama,
        ["XLMRobertaTokenizer"] = XlmRoberta,
    };

    /// <summary>Reads a file.</summary>
    public static Tokenizer Load(string path)
    {
        (SentencePieceModel model, SentencePieceNormalizer normalizer, SentencePieceDecoder decoder) =
            SentencePieceModel.Of(SentencePieceFile.Load(path), path);
        string folder = Path.GetDirectoryName(path) ?? "";
        var named = new NamedTokens(folder, model.Vocabulary, NoNames);
        string name = named.Settings?.TextOr("tokenizer_class", "") ?? "";
        name = name.EndsWith(Fast, StringComparison.Ordinal) ? name[..^Fast.Length] : name;
        if (name.Length == 0)
        {
            return new Tokenizer(new AddedTokens([], normalizer), preTokenizer: null, model, TemplateProcessing.Plain, decoder);
        }
        return Kinds.TryGetValue(name, out Func<Parts, Tokenizer>? make)
            ? make(new Parts(folder, model, normalizer, decoder))
            : throw named.Settings!.Error("tokenizer_class",
                $"with {Path.GetFileName(path)} alone one of {string.Join(", ", Kinds.Keys)}", Quoted.Of(name));
    }

    // The end token after each text, and extra tokens that count down from the end of the vocabulary.
    private static Tokenizer T5(Parts parts)
    {
        NamedTokens named = parts.Named(parts.Model.Vocabulary, new()
        {
            ["eos_token"] = "</s>",
            ["unk_token"] = "<unk>",
            ["pad_token"] = "<pad>",
        });
        int pieces = parts.Model.Vocabulary.IdLimit;
        int extra = named.Settings!.WholeOr("extra_ids", 100, 0, MostExtraTokens);
        IEnumerable<AddedToken> extras = Enumerable.Range(0, extra).Select(i => new AddedToken(
            pieces + extra - 1 - i, $"<extra_id_{i}>", false, false, false, Normalized: false, Special: true));
        List<AddedToken> added = [.. named.All.Concat(extras).DistinctBy(token => token.Content).DistinctBy(token => token.Id)];
        TemplatePart end = TemplatePart.Of(named["eos_token"], 0);
        return parts.Tokenizer(added, parts.Model, new TemplateProcessing(
            [TemplatePart.Of(0, 0), end], [TemplatePart.Of(0, 0), end, TemplatePart.Of(1, 0), end]));
    }

    // The start token before each text, the end token after it where the settings say so.
    private static Tokenizer Llama(Parts parts)
    {
        NamedTokens named = parts.Named(parts.Model.Vocabulary, new()
        {
            ["bos_token"] = "<s>",
            ["eos_token"] = "</s>",
            ["unk_token"] = "<unk>",
        });
        TemplatePart[] Part(string flag, bool fallback, string name, int type) =>
            named.Settings!.FlagOr(flag, fallback) ? [TemplatePart.Of(named[name], type)] : [];
        TemplatePart[] Around(int sequence) =>
        [
            .. Part("add_bos_token", true, "bos_token", sequence), TemplatePart.Of(sequence, sequence),
            .. Part("add_eos_token", false, "eos_token", sequence),
        ];
        return parts.Tokenizer(
            named.All, parts.Model, new TemplateProcessing(Around(0), [.. Around(0), .. Around(1)]));
    }

    // fairseq numbered the pieces: four marks, the pieces from the third on, the mask.
    private static Tokenizer XlmRoberta(Parts parts)
    {
        Vocabulary pieces = parts.Model.Vocabulary;
        string[] tokens =
        [
            "<s>", "<pad>", "</s>", "<unk>",
            .. Enumerable.Range(0, pieces.IdLimit).Skip(3).Select(id => pieces.TokenOf(id)!), "<mask>",
        ];
        var ids = new Dictionary<string, int>(tokens.Length);
        for (int id = 0; id < tokens.Length; id++)
        {
            ids.TryAdd(tokens[id], id);
        }
        NamedTokens named = parts.Named(new Vocabulary(tokens, ids), new()
        {
            ["bos_token"] = "<s>",
            ["eos_token"] = "</s>",
            ["sep_token"] = "</s>",
            ["cls_token"] = "<s>",
            ["unk_token"] = "<unk>",
            ["pad_token"] = "<pad>",
            ["mask_token"] = "<mask>",
        });
        IReadOnlyList<AddedToken> added =
            [.. named.All.Select(token => token.Content == named["mask_token"].Text ? token with { LeftStrip = true } : token)];
        return parts.Tokenizer(
            added, new FairseqPieces(parts.Model, new Vocabulary(tokens, ids)),
            TemplateProcessing.Roberta(named["sep_token"], named["cls_token"]));
    }

    private sealed record Parts(
        string Folder, SentencePieceModel Model, SentencePieceNormalizer Normalizer, SentencePieceDecoder Decoder)
    {
        public NamedTokens Named(Vocabulary vocabulary, Dictionary<string, string> defaults) => new(Folder, vocabulary, defaults);

        public Tokenizer Tokenizer(IReadOnlyList<AddedToken> added, ITokenModel model, IPostProcessor around) =>
            new(new AddedTokens(added, Normalizer), preTokenizer: null, model, around, Decoder);
    }

    /// <summary>Pieces one id further on, with what is unknown at 3.</summary>
    private sealed class FairseqPieces(SentencePieceModel pieces, Vocabulary vocabulary) : ITokenModel
    {
        private const int Unknown = 3;

        public Vocabulary Vocabulary => vocabulary;

        public bool IsWrittenAsText(int id) => id == Unknown;

        public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
        {
            int first = tokens.Count;
            pieces.Tokenize(piece, tokens);
            for (int i = first; i < tokens.Count; i++)
            {
                int id = tokens[i].Id;
                tokens[i] = tokens[i] with { Id = id < Unknown || pieces.IsWrittenAsText(id) ? Unknown : id + 1 };
            }
        }
    }
}
