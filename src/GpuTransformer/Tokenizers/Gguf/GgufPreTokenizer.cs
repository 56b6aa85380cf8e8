using GpuTransformer.Tokenizers.Normalizers;
using GpuTransformer.Tokenizers.Patterns;
using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Tokenizers.Text;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;

namespace GpuTransformer.Tokenizers.Gguf;

/// <summary>What tokenizer.ggml.pre says of byte pair encoding.</summary>
/// <param name="Patterns">Patterns that cut the text one after another.</param>
/// <param name="IgnoresMerges">True when a piece that is a token is taken whole.</param>
/// <param name="AddsStart">True when the start token is added unless the file says otherwise.</param>
/// <param name="Composes">True when text is put in NFC first, as the tokenizer does that the name comes from.</param>
internal sealed record GgufPreTokenizer(
    string[] Patterns, bool IgnoresMerges = false, bool AddsStart = false, bool Composes = false)
{
    private const string Key = "tokenizer.ggml.pre";
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Shortened = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Word = @"[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string Spaces = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Signs = @" ?[^\s\p{L}\p{N}]+[\r\n]*|" + Spaces;
    private const string Llama3 = Shortened + "|" + Word + @"|\p{N}{1,3}|" + Signs;
    private const string Qwen2 = Shortened + "|" + Word + @"|\p{N}|" + Signs;
    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string Before = @"[^\r\n\p{L}\p{N}]?";
    private const string SignsOrSlash = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|" + Spaces;
    private const string Cased = Before + Upper + "*" + Lower + "+" + Shortened + "?|"
        + Before + Upper + "+" + Lower + "*" + Shortened + "?";
    private const string Ideographs = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";
    private const string MarkedWord = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
        + @"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|" + Spaces;
    private const string Sentence = " ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+";

    private static readonly (string Names, GgufPreTokenizer Kind)[] Kinds =
    [
        ("default", new([@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"])),
        ("gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert mpt olmo jais trillion " +
            "granite-docling exaone4", new([Gpt2])),
        ("starcoder refact command-r smollm codeshell exaone minerva-7b mellum2", new([@"\p{N}", Gpt2])),
        ("llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
            new([Llama3], IgnoresMerges: true, AddsStart: true)),
        ("dbrx smaug-bpe glm4 chatglm-bpe", new([Llama3])),
        ("qwen2 deepseek-r1-qwen kormo f2llmv2", new([Qwen2], Composes: true)),
        ("stablelm2 hunyuan solar-open megrez grok-2", new([Qwen2])),
        ("qwen35", new([Shortened + "|" + Before + @"[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + Spaces],
            Composes: true)),
        ("falcon", new([@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"])),
        ("deepseek-coder", new(["[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", Ideographs, @"\p{N}"])),
        ("deepseek-v3 hunyuan-dense joyai-llm hy_v4",
            new([@"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", MarkedWord])),
        ("poro-chat bloom gpt3-finnish", new([Sentence])),
        ("viking", new([Sentence, @"\p{N}"])),
        ("tekken", new([(Cased + @"|\p{N}|" + SignsOrSlash).Replace(Shortened + "?", "", StringComparison.Ordinal)],
            IgnoresMerges: true, AddsStart: true)),
        ("gpt-4o llama4 kanana2 talkie minimax-m2", new([Cased + @"|\p{N}{1,3}|" + SignsOrSlash])),
        ("bailingmoe bailingmoe2 llada-moe", new(
            [@"'(?i:[sdmt]|ll|ve|re)|" + Word + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"])),
        ("seed-coder", new([Shortened + "|" + Word + @"|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|" + Spaces])),
        ("minicpm5", new([@"\p{N}{1,3}", Shortened + "|" + Word + @"|\p{N}+|" + Signs], IgnoresMerges: true)),
    ];

    /// <summary>The kind that a file names; a name that is not known is an error that shows those that are.</summary>
    public static GgufPreTokenizer Of(GgufMetadata metadata)
    {
        string name = metadata.TextOr(Key, "default");
        return Find(name) ?? throw metadata.Error(
            Key, $"one of {string.Join(' ', Kinds.Select(kind => kind.Names))}", Quoted.Of(name));
    }

    /// <summary>The kind with a name that is known.</summary>
    public static GgufPreTokenizer Of(string name) => Find(name) ?? throw new ArgumentException(name);

    private static GgufPreTokenizer? Find(string name) =>
        Array.Find(Kinds, kind => kind.Names.Split(' ').Contains(name)).Kind;

    /// <summary>What text goes through before it is cut; null: nothing.</summary>
    public INormalizer? Normalizer => Composes ? new UnicodeNormalizer(UnicodeForm.Nfc) : null;

    /// <summary>The pre-tokenizer: each pattern sets its matches apart, then bytes are spelled out.</summary>
    public IPreTokenizer PreTokenizer
    {
        get
        {
            var parts = new List<IPreTokenizer>();
            bool endsAsGpt2 = Patterns[^1] == Gpt2;
            foreach (string pattern in endsAsGpt2 ? Patterns[..^1] : Patterns)
            {
                parts.Add(new SplitPreTokenizer(TextPattern.Regex(pattern, Key), SplitBehavior.Isolated, invert: false));
            }
            parts.Add(new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: endsAsGpt2));
            return parts.Count == 1 ? parts[0] : new PreTokenizerSequence(parts);
        }
    }
}
