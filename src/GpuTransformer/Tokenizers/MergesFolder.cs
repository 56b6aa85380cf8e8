using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.Gguf;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Tokenizers.PostProcessors;
using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>A folder with vocab.json and merges.txt: byte-level byte pair encoding as GPT-2, RoBERTa or Qwen2 use it,
/// told apart by tokenizer_class of tokenizer_config.json, else by whether a cls_token and a sep_token are named.</summary>
internal static class MergesFolder
{
    /// <summary>The file by which such a folder is known.</summary>
    public const string FileName = "merges.txt";

    private const string VocabularyName = "vocab.json";
    private const long LargestFile = 256L << 20;

    private static readonly (string[] Classes, Dictionary<string, string> Defaults)[] Kinds =
    [
        (["GPT2Tokenizer", "GPT2TokenizerFast"],
            new() { ["bos_token"] = "<|endoftext|>", ["eos_token"] = "<|endoftext|>", ["unk_token"] = "<|endoftext|>" }),
        (["RobertaTokenizer", "RobertaTokenizerFast", "BartTokenizer", "BartTokenizerFast", "LongformerTokenizer",
            "LongformerTokenizerFast", "LEDTokenizer", "LEDTokenizerFast", "MvpTokenizer", "MvpTokenizerFast"],
            new()
            {
                ["bos_token"] = "<s>", ["eos_token"] = "</s>", ["sep_token"] = "</s>", ["cls_token"] = "<s>",
                ["unk_token"] = "<unk>", ["pad_token"] = "<pad>", ["mask_token"] = "<mask>",
            }),
        (["Qwen2Tokenizer", "Qwen2TokenizerFast"],
            new() { ["unk_token"] = "<|endoftext|>", ["eos_token"] = "<|endoftext|>", ["pad_token"] = "<|endoftext|>" }),
    ];

    /// <summary>Reads the tokenizer of a folder.</summary>
    public static Tokenizer Load(string folder)
    {
        string path = Path.Combine(folder, VocabularyName);
        JsonObject file = JsonObject.Load(path, LargestFile);
        var ids = new Dictionary<string, int>(file.Count);
        foreach (string token in file.Keys)
        {
            ids.Add(token, file.Whole(token, 0, int.MaxValue - 1));
        }
        var vocabulary = new Vocabulary(ids, path);
        int kind = KindOf(folder, vocabulary);
        var named = new NamedTokens(folder, vocabulary, Kinds[kind].Defaults);
        string mergesPath = Path.Combine(folder, FileName);
        var model = new BpeModel(vocabulary, Merges(mergesPath), new BpeOptions(), mergesPath);
        bool prefix = named.Settings?.FlagOr("add_prefix_space", false) ?? false;
        GgufPreTokenizer? qwen2 = kind == 2 ? GgufPreTokenizer.Of("qwen2") : null;
        return new Tokenizer(
            new AddedTokens(WithMask(named.All, named), qwen2?.Normalizer),
            qwen2?.PreTokenizer ?? new ByteLevelPreTokenizer(prefix, useRegex: true),
            model,
            Around(kind, named, prefix),
            new ByteLevelDecoder());
    }

    private static int KindOf(string folder, Vocabulary vocabulary)
    {
        var named = new NamedTokens(folder, vocabulary, new Dictionary<string, string>());
        string? name = named.Settings?.Has("tokenizer_class") == true ? named.Settings.Text("tokenizer_class") : null;
        if (name is null or "PreTrainedTokenizerFast")
        {
            return named.Has("cls_token") && named.Has("sep_token") ? 1 : 0;
        }
        int kind = Array.FindIndex(Kinds, known => known.Classes.Contains(name));
        return kind >= 0 ? kind : throw named.Settings!.Error("tokenizer_class",
            $"with {VocabularyName} and {FileName} alone one of {string.Join(", ", Kinds.SelectMany(known => known.Classes))}",
            Quoted.Of(name));
    }

    // RoBERTa's mask takes the space before it, unless the folder says how it is found.
    private static IReadOnlyList<AddedToken> WithMask(IReadOnlyList<AddedToken> tokens, NamedTokens named) =>
        named.Has("cls_token") && named.Has("mask_token") && named.Settings?.Has("added_tokens_decoder") != true
            ? [.. tokens.Select(token => token.Id == named["mask_token"].Id ? token with { LeftStrip = true } : token)]
            : tokens;

    private static IPostProcessor Around(int kind, NamedTokens named, bool prefix)
    {
        if (kind == 1)
        {
            return new ByteLevelProcessing(
                trimOffsets: true, prefix, TemplateProcessing.Roberta(named["sep_token"], named["cls_token"]));
        }
        if (named.Settings?.FlagOr("add_bos_token", false) != true)
        {
            return TemplateProcessing.Plain;
        }
        (int Id, string Text) start = named["bos_token"];
        return new TemplateProcessing(
            [TemplatePart.Of(start, 0), TemplatePart.Of(0, 0)],
            [TemplatePart.Of(start, 0), TemplatePart.Of(0, 0), TemplatePart.Of(start, 1), TemplatePart.Of(1, 1)]);
    }

    // A line a merge, two tokens with a space between; a first line may tell a version.
    private static List<(string Left, string Right)> Merges(string path)
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
        var merges = new List<(string, string)>();
        int number = 0;
        foreach (Range range in text.AsSpan().TrimEnd('\n').Split('\n'))
        {
            number++;
            ReadOnlySpan<char> line = text.AsSpan()[range].TrimEnd('\r');
            if (line.StartsWith("#version") || (line.IsEmpty && text.Length < 2))
            {
                continue;
            }
            int space = line.IndexOf(' ');
            merges.Add(space > 0 && space == line.LastIndexOf(' ') && space < line.Length - 1
                ? (line[..space].ToString(), line[(space + 1)..].ToString())
                : throw new InputException(
                    $"{path}: line {number}: expected two tokens with a space between, found {Quoted.Of(line)}"));
        }
        return merges;
    }
}
