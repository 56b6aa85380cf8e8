using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Tokenizers.Normalizers;
using GpuTransformer.Tokenizers.PostProcessors;
using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>BERT's vocab.txt: a token a line, its id the line's number from 0. What else BERT's tokenizer needs is its
/// defaults, or do_lower_case and the like from tokenizer_config.json beside it.</summary>
internal static class VocabularyFile
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "vocab.txt";

    private const string SettingsName = "tokenizer_config.json";
    private const long LargestFile = 256L << 20;
    private const int LongestWord = 100;

    /// <summary>Reads the tokenizer of a folder that holds vocab.txt.</summary>
    public static Tokenizer Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var vocabulary = new Vocabulary(Ids(path), path);
        string settingsPath = Path.Combine(folder, SettingsName);
        JsonObject? settings = File.Exists(settingsPath) ? JsonObject.Load(settingsPath, LargestFile) : null;
        bool? stripAccents = settings?.Has("strip_accents") == true ? settings.Flag("strip_accents") : null;
        var normalizer = new BertNormalizer(
            cleanText: true,
            settings?.FlagOr("tokenize_chinese_chars", true) ?? true,
            stripAccents,
            settings?.FlagOr("do_lower_case", true) ?? true);
        (int Id, string Text) Special(string key, string fallback)
        {
            string token = TokenOf(settings, key, fallback);
            return (vocabulary.IdOf(token) ?? throw new InputException(
                $"{path}: the {key} {Quoted.Of(token)} is not in the vocabulary"), token);
        }
        (int Id, string Text)[] special =
        [
            Special("pad_token", "[PAD]"), Special("unk_token", "[UNK]"), Special("cls_token", "[CLS]"),
            Special("sep_token", "[SEP]"), Special("mask_token", "[MASK]"),
        ];
        var added = new AddedTokens(
            [.. special.Select(token => new AddedToken(token.Id, token.Text, false, false, false, false, true))], normalizer);
        return new Tokenizer(
            added,
            new BertPreTokenizer(),
            new WordPieceModel(vocabulary, special[1].Text, "##", LongestWord, path),
            TemplateProcessing.Bert(sep: special[3], cls: special[2]),
            new WordPieceDecoder("##", cleanup: true));
    }

    // A token is written as text, or as an object with its text under "content".
    internal static string TokenOf(JsonObject? settings, string key, string fallback)
    {
        if (settings?.Kind(key) == System.Text.Json.JsonTokenType.StartObject)
        {
            return settings.Section(key)!.Text("content");
        }
        return settings?.TextOr(key, fallback) ?? fallback;
    }

    private static Dictionary<string, int> Ids(string path)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(BoundedFile.ReadAll(path, LargestFile));
        }
        catch (DecoderFallbackException error)
        {
            throw new InputException($"{path}: expected UTF-8 text, found bytes that are not", error);
        }
        var ids = new Dictionary<string, int>();
        int line = 0;
        foreach (Range range in text.AsSpan().TrimEnd('\n').Split('\n'))
        {
            string token = text.AsSpan()[range].TrimEnd().ToString();
            if (!ids.TryAdd(token, line))
            {
                throw new InputException(
                    $"{path}: line {line + 1}: {Quoted.Of(token)} stands on line {ids[token] + 1} already");
            }
            line++;
        }
        return ids;
    }
}
