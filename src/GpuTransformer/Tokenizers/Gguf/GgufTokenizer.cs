using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Tokenizers.Normalizers;
using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Tokenizers.SentencePiece;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;

namespace GpuTransformer.Tokenizers.Gguf;

/// <summary>The tokenizer inside a GGUF file, by tokenizer.ggml.model: "gpt2" is byte-level byte pair encoding, "llama"
/// SentencePiece's byte pairs by score, "t5" SentencePiece's unigram, "bert" WordPiece.</summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";
    private const int LongestToken = 4096;
    private const int LongestBertWord = 100;

    /// <summary>Reads a file's.</summary>
    public static Tokenizer Load(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return FromMetadata(file.Metadata);
    }

    /// <summary>Makes it from what a file says of itself.</summary>
    public static Tokenizer FromMetadata(GgufMetadata metadata)
    {
        string kind = metadata.Text(Prefix + "model");
        return kind switch
        {
            "gpt2" => BytePairs(metadata),
            "llama" => Pieces(metadata, SentencePieceKind.Bpe),
            "t5" => Pieces(metadata, SentencePieceKind.Unigram),
            "bert" => WordPieces(metadata),
            _ => throw metadata.Error(Prefix + "model", "gpt2, llama, t5 or bert", Quoted.Of(kind)),
        };
    }

    private static Tokenizer BytePairs(GgufMetadata metadata)
    {
        GgufPreTokenizer kind = GgufPreTokenizer.Of(metadata);
        string[] lines = metadata.Texts(Prefix + "merges");
        var tokens = new GgufTokens(metadata);
        var merges = new List<(string, string)>(lines.Length);
        foreach (string line in lines)
        {
            int space = line.Length > 1 ? line.IndexOf(' ', 1) : -1;
            merges.Add(space > 0 ? (line[..space], line[(space + 1)..]) : throw metadata.Error(
                $"{Prefix}merges[{merges.Count}]", "two tokens with a space between", Quoted.Of(line)));
        }
        return new Tokenizer(
            new AddedTokens(tokens.Added(), kind.Normalizer),
            kind.PreTokenizer,
            new BpeModel(
                new Vocabulary(tokens.Texts, tokens.Ids), merges, new BpeOptions { IgnoresMerges = kind.IgnoresMerges },
                $"{metadata.Name}: {Prefix}merges"),
            tokens.Around(kind.AddsStart, addsEnd: false, start: null, end: null),
            new ByteLevelDecoder());
    }

    private static Tokenizer Pieces(GgufMetadata metadata, SentencePieceKind kind)
    {
        var tokens = new GgufTokens(metadata);
        bool isUnigram = kind == SentencePieceKind.Unigram;
        float[] scores = metadata.Floats(Prefix + "scores", tokens.Texts.Length);
        int unknown = tokens.Id("unknown_token_id", isUnigram ? 2 : 0) ?? 0;
        var spec = new SentencePieceSpec(tokens.Texts.Length) { Kind = kind, ShowsControl = true };
        spec.Normalizer.AddDummyPrefix = tokens.Flag("add_space_prefix", true);
        spec.Normalizer.RemoveExtraWhitespaces = tokens.Flag("remove_extra_whitespaces", false);
        if (isUnigram && metadata.Has(Prefix + "precompiled_charsmap"))
        {
            spec.Normalizer.CharsMap = metadata.Bytes(Prefix + "precompiled_charsmap");
        }
        for (int id = 0; id < scores.Length; id++)
        {
            if (!float.IsFinite(scores[id]) || tokens.Texts[id].Length > LongestToken)
            {
                throw metadata.Error($"{Prefix}tokens[{id}]", $"at most {LongestToken} letters and a finite score",
                    $"{tokens.Texts[id].Length} and {scores[id]}");
            }
            PieceType type = tokens.Types[id];
            bool isByte = type == PieceType.Byte || (!metadata.Has(Prefix + "token_type") && ByteTokens.ByteOf(tokens.Texts[id]) >= 0);
            type = isByte ? PieceType.Byte : type == PieceType.Unknown && id != unknown ? PieceType.Control : type;
            spec.ByteFallback |= isByte;
            (spec.Pieces[id], spec.Scores[id], spec.Types[id]) = (tokens.Texts[id], scores[id], id == unknown ? PieceType.Unknown : type);
        }
        (SentencePieceModel model, SentencePieceNormalizer normalizer, SentencePieceDecoder decoder) =
            SentencePieceModel.Of(spec, $"{metadata.Name}: {Prefix}tokens");
        return new Tokenizer(
            new AddedTokens(tokens.Added(), normalizer),
            preTokenizer: null,
            model,
            tokens.Around(addsStart: !isUnigram, addsEnd: isUnigram, start: isUnigram ? null : 1, end: isUnigram ? 1 : 2),
            decoder);
    }

    // Words begin with U+2581 here, and what goes on a word has no mark: turned back into WordPiece's own spelling.
    private static Tokenizer WordPieces(GgufMetadata metadata)
    {
        var tokens = new GgufTokens(metadata);
        var ids = new Dictionary<string, int>(tokens.Texts.Length);
        for (int id = 0; id < tokens.Texts.Length; id++)
        {
            string text = tokens.Texts[id];
            string spelled = text.StartsWith('[') && text.EndsWith(']') ? text
                : text.StartsWith('\u2581') ? text[1..] : "##" + text;
            if (!ids.TryAdd(spelled, id))
            {
                throw metadata.Error($"{Prefix}tokens[{id}]", "a token that is not there yet", Quoted.Of(text));
            }
        }
        (int Id, string Text) Special(string key, int fallback) => tokens.Id(key, fallback) is { } id
            ? (id, tokens.Texts[id])
            : throw new InputException($"{metadata.Name}: {Prefix}{key} is missing");
        (int Id, string Text) cls = tokens.Id("cls_token_id") is null ? Special("bos_token_id", 101) : Special("cls_token_id", 101);
        (int Id, string Text) sep = Special("seperator_token_id", 102);
        var vocabulary = new Vocabulary(ids, metadata.Name);
        bool lowercase = tokens.Flag("normalizer.lowercase", true);
        var normalizer = new BertNormalizer(
            cleanText: true, handleChineseChars: true, tokens.Flag("normalizer.strip_accents", lowercase), lowercase);
        List<AddedToken> added = [.. tokens.Added().Where(token => vocabulary.TokenOf(token.Id) == token.Content)];
        return new Tokenizer(
            new AddedTokens(added, normalizer),
            new BertPreTokenizer(),
            new WordPieceModel(vocabulary, Special("unknown_token_id", 100).Text, "##", LongestBertWord, metadata.Name),
            PostProcessors.TemplateProcessing.Bert(sep, cls),
            new WordPieceDecoder("##", cleanup: true));
    }
}
