using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.PostProcessors;
using GpuTransformer.Tokenizers.SentencePiece;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;

namespace GpuTransformer.Tokenizers.Gguf;

/// <summary>The tokens of a GGUF file: texts, kinds, and which of them stand around a text.</summary>
internal sealed class GgufTokens
{
    private const string Prefix = "tokenizer.ggml.";

    private readonly GgufMetadata _metadata;

    /// <summary>Reads the lists; each must have an entry a token. No text may stand twice.</summary>
    public GgufTokens(GgufMetadata metadata)
    {
        _metadata = metadata;
        Texts = metadata.Texts(Prefix + "tokens");
        Ids = new Dictionary<string, int>(Texts.Length);
        for (int id = 0; id < Texts.Length; id++)
        {
            if (Texts[id].Length == 0)
            {
                Texts[id] = $"[EMPTY_{id}]";
            }
            if (!Ids.TryAdd(Texts[id], id))
            {
                throw metadata.Error($"{Prefix}tokens[{id}]", "a token that is not there yet",
                    $"{Quoted.Of(Texts[id])}, which is token {Ids[Texts[id]]}");
            }
        }
        Types = ReadTypes();
    }

    /// <summary>The tokens.</summary>
    public string[] Texts { get; }

    /// <summary>Their ids.</summary>
    public Dictionary<string, int> Ids { get; }

    /// <summary>Their kinds.</summary>
    public PieceType[] Types { get; }

    /// <summary>A token that a key names, or <paramref name="fallback"/>; null when neither is there.</summary>
    public int? Id(string key, int? fallback = null) => _metadata.Has(Prefix + key)
        ? (int)_metadata.Whole(Prefix + key, 0, Texts.Length - 1)
        : fallback < Texts.Length ? fallback : null;

    /// <summary>true or false under a key.</summary>
    public bool Flag(string key, bool fallback) => _metadata.FlagOr(Prefix + key, fallback);

    /// <summary>Tokens that are cut out of a text before anything else: control marks, and what the file defines.</summary>
    public List<AddedToken> Added()
    {
        var added = new List<AddedToken>();
        for (int id = 0; id < Texts.Length; id++)
        {
            bool isSpecial = Types[id] is PieceType.Control or PieceType.Unknown;
            if (isSpecial || Types[id] == PieceType.UserDefined)
            {
                added.Add(new AddedToken(id, Texts[id], SingleWord: false, LeftStrip: false, RightStrip: false,
                    Normalized: false, isSpecial));
            }
        }
        return added;
    }

    /// <summary>What stands around a text: the start token and the end token, where the file wants them.</summary>
    public IPostProcessor Around(bool addsStart, bool addsEnd, int? start, int? end)
    {
        TemplatePart[] before = Part("add_bos_token", addsStart, "bos_token_id", start);
        TemplatePart[] after = Part("add_eos_token", addsEnd, "eos_token_id", end);
        return new TemplateProcessing(
            [.. before, TemplatePart.Of(0, 0), .. after],
            [
                .. before, TemplatePart.Of(0, 0), .. after,
                .. before.Select(part => part with { TypeId = 1 }), TemplatePart.Of(1, 1),
                .. after.Select(part => part with { TypeId = 1 }),
            ]);
    }

    private TemplatePart[] Part(string flag, bool fallback, string key, int? idFallback)
    {
        if (!Flag(flag, fallback))
        {
            return [];
        }
        int id = Id(key, idFallback) ?? throw new InputException(
            $"{_metadata.Name}: {Prefix}{flag} is true, but {Prefix}{key} is missing");
        return [TemplatePart.Of((id, Texts[id]), 0)];
    }

    private PieceType[] ReadTypes()
    {
        var types = new PieceType[Texts.Length];
        Array.Fill(types, PieceType.Normal);
        if (_metadata.Has(Prefix + "token_type"))
        {
            int[] found = _metadata.Wholes(Prefix + "token_type", Texts.Length);
            for (int id = 0; id < types.Length; id++)
            {
                types[id] = found[id] switch
                {
                    0 => PieceType.Normal,
                    >= 1 and <= 6 => (PieceType)found[id],
                    _ => throw _metadata.Error($"{Prefix}token_type[{id}]", "0 to 6", $"{found[id]}"),
                };
            }
            return types;
        }
        foreach (string key in new[] { "bos_token_id", "eos_token_id", "padding_token_id" })
        {
            if (Id(key) is { } id)
            {
                types[id] = PieceType.Control;
            }
        }
        return types;
    }
}
