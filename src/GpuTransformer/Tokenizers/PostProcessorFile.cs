using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.PostProcessors;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>Reads the "post_processor" part of tokenizer.json.</summary>
internal static class PostProcessorFile
{
    private const int MostSpecialTokens = 64;

    /// <summary>The post-processor; none joins the texts as they are.</summary>
    public static IPostProcessor Read(JsonObject? part) =>
        part is null ? TemplateProcessing.Plain : Read(part, TemplateProcessing.Plain);

    // What trims offsets does its part and leaves the joining to the one that comes after it in a sequence.
    private static IPostProcessor Read(JsonObject part, IPostProcessor then)
    {
        switch (part.Text("type"))
        {
            case "BertProcessing":
                TokenizerPart.OnlyKeys(part, "type", "sep", "cls");
                return TemplateProcessing.Bert(Special(part, "sep"), Special(part, "cls"));
            case "RobertaProcessing":
                TokenizerPart.OnlyKeys(part, "type", "sep", "cls", "trim_offsets", "add_prefix_space");
                return new ByteLevelProcessing(
                    part.Flag("trim_offsets"), part.Flag("add_prefix_space"),
                    TemplateProcessing.Roberta(Special(part, "sep"), Special(part, "cls")));
            case "ByteLevel":
                TokenizerPart.OnlyKeys(part, "type", "add_prefix_space", "trim_offsets", "use_regex");
                return new ByteLevelProcessing(part.Flag("trim_offsets"), part.Flag("add_prefix_space"), then);
            case "TemplateProcessing":
                return Template(part);
            case "Sequence":
                return Sequence(part, then);
            default:
                throw TokenizerPart.NotSupported(
                    part, "BertProcessing, RobertaProcessing, ByteLevel, TemplateProcessing, Sequence");
        }
    }

    // Those that trim offsets may stand anywhere; one at most adds tokens.
    private static IPostProcessor Sequence(JsonObject part, IPostProcessor then)
    {
        TokenizerPart.OnlyKeys(part, "type", "processors");
        JsonObject? joining = null;
        var trimming = new List<JsonObject>();
        foreach (JsonObject processor in part.Sections("processors"))
        {
            if (processor.Text("type") is "ByteLevel" or "Sequence")
            {
                trimming.Add(processor);
            }
            else if (joining is null)
            {
                joining = processor;
            }
            else
            {
                throw new InputException($"{processor.Name}: type {Quoted.Of(processor.Text("type"))} is not supported after " +
                    $"{Quoted.Of(joining.Text("type"))}: one of a sequence adds tokens");
            }
        }
        if (joining is not null)
        {
            then = Read(joining, then);
        }
        foreach (JsonObject processor in trimming)
        {
            then = Read(processor, then);
        }
        return then;
    }

    private static TemplateProcessing Template(JsonObject part)
    {
        TokenizerPart.OnlyKeys(part, "type", "single", "pair", "special_tokens");
        JsonObject special = part.Section("special_tokens") ?? throw part.Error("special_tokens", "an object", "nothing");
        TemplatePart[] single = Parts(part, "single", special);
        TemplatePart[] pair = Parts(part, "pair", special);
        if (single.Any(piece => piece.Sequence == 1))
        {
            throw part.Error("single", "sequence A alone", "sequence B");
        }
        if (!pair.Any(piece => piece.Sequence == 0) || !pair.Any(piece => piece.Sequence == 1))
        {
            throw part.Error("pair", "both sequences", "one or none");
        }
        return new TemplateProcessing(single, pair);
    }

    private static TemplatePart[] Parts(JsonObject part, string key, JsonObject special)
    {
        var parts = new List<TemplatePart>();
        foreach (JsonObject piece in part.Sections(key))
        {
            TokenizerPart.OnlyKeys(piece, "Sequence", "SpecialToken");
            if (piece.Section("Sequence") is { } sequence && !piece.Has("SpecialToken"))
            {
                TokenizerPart.OnlyKeys(sequence, "id", "type_id");
                parts.Add(TemplatePart.Of(sequence.OneOf("id", "A", "B") == "A" ? 0 : 1, sequence.Whole("type_id", 0)));
            }
            else
            {
                JsonObject token = piece.Section("SpecialToken")
                    ?? throw piece.Error("the piece", "a Sequence or a SpecialToken", "neither");
                TokenizerPart.OnlyKeys(token, "id", "type_id");
                parts.Add(new TemplatePart(null, SpecialTokens(special, token), token.Whole("type_id", 0)));
            }
        }
        return [.. parts];
    }

    private static (int Id, string Text)[] SpecialTokens(JsonObject special, JsonObject use)
    {
        string name = use.Text("id");
        JsonObject token = special.Section(name)
            ?? throw use.Error("id", "a name of special_tokens", Quoted.Of(name));
        TokenizerPart.OnlyKeys(token, "id", "ids", "tokens");
        int[] ids = token.Wholes("ids", 0);
        string[] texts = token.Texts("tokens");
        return ids.Length == texts.Length && ids.Length <= MostSpecialTokens
            ? [.. ids.Zip(texts)]
            : throw token.Error("ids, tokens", $"as many of one as of the other, at most {MostSpecialTokens}",
                $"{ids.Length} and {texts.Length}");
    }

    // ["[SEP]", 102]
    private static (int Id, string Text) Special(JsonObject part, string key)
    {
        Utf8JsonReader reader = part.Array(key);
        reader.Read();
        string text = part.TextAt(key, reader);
        reader.Read();
        int id = (int)part.WholeAt(key, reader, 0, int.MaxValue - 1);
        reader.Read();
        return reader.TokenType == JsonTokenType.EndArray ? (id, text) : throw part.Error(key, "[token, id]", "more");
    }
}
