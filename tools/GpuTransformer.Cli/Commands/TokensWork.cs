using System.Text;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Tokenizers;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>Cuts texts into tokens and shows them.</summary>
/// <param name="tokenizer">Cuts and fills up as was asked for.</param>
/// <param name="encode">What may become a special token.</param>
/// <param name="toLongest">Padding to the longest of a window; null: none.</param>
/// <param name="hasMask">Whether the attention mask is given out.</param>
/// <param name="inCodePoints">How offsets are counted.</param>
internal sealed class TokensWork(Tokenizer tokenizer, EncodeOptions encode, PaddingOptions? toLongest, bool hasMask, bool inCodePoints)
    : TextWork<TokensWork.Item, Tokenization>
{
    private const int TableTokens = 24;
    private static readonly string[] s_colours = ["black on aqua", "black on yellow", "black on lime", "black on fuchsia"];

    private Tokenizer? _padding;

    /// <summary>An input and its tokens.</summary>
    internal sealed record Item(TextInput Input, Tokenization Tokens);

    public override Item Prepare(TextInput input) => new(input, tokenizer.Encode(input.Text, encode, input.Pair));

    public override void SeeWindow(IEnumerable<Item> items)
    {
        if (toLongest is not null)
        {
            _padding = tokenizer.With(tokenizer.Truncation, toLongest with { Length = items.Select(item => item.Tokens.Count).DefaultIfEmpty().Max() });
        }
    }

    public override IReadOnlyList<Tokenization> Run(IReadOnlyList<Item> batch, CancellationToken cancellation) =>
        [.. batch.Select(item => _padding is null ? item.Tokens : _padding.Encode(item.Input.Text, encode, item.Input.Pair))];

    public override void WriteJson(Utf8JsonWriter json, Item item, Tokenization result)
    {
        json.WriteStartObject();
        Write(json, "ids", result.Ids);
        Write(json, "type_ids", result.TypeIds);
        json.WriteStartArray("tokens");
        foreach (var token in result.Tokens)
        {
            json.WriteStringValue(token);
        }

        json.WriteEndArray();
        json.WriteStartArray("offsets");
        foreach (var (start, end) in Offsets(result))
        {
            json.WriteStartArray();
            json.WriteNumberValue(start);
            json.WriteNumberValue(end);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (hasMask)
        {
            Write(json, "attention_mask", result.AttentionMask);
        }

        json.WriteEndObject();
    }

    public override void Show(IAnsiConsole console, TextInput input, Item item, Tokenization result)
    {
        var line = new StringBuilder();
        for (var i = 0; i < result.Count; i++)
        {
            var style = result.SpecialMask[i] != 0 ? "grey" : s_colours[i % s_colours.Length];
            line.Append($"[{style}]{Text.Shown.Markup(result.Tokens[i])}[/]").Append(' ');
        }

        console.MarkupLine(line.ToString());
        console.MarkupLine($"[grey]{result.Count} tokens[/]");
        if (result.Count > TableTokens)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("token").AddColumn(new TableColumn("id").RightAligned()).AddColumn(new TableColumn("type").RightAligned())
            .AddColumn(inCodePoints ? "code points" : "UTF-16");
        var offsets = Offsets(result);
        for (var i = 0; i < result.Count; i++)
        {
            table.AddRow(
                Text.Shown.Markup(result.Tokens[i]), $"{result.Ids[i]}", $"{result.TypeIds[i]}",
                result.SpecialMask[i] != 0 ? "" : $"{offsets[i].Start}..{offsets[i].End}");
        }

        console.Write(table);
    }

    private (int Start, int End)[] Offsets(Tokenization tokens) => inCodePoints ? tokens.CodePointOffsets : tokens.Offsets;

    private static void Write(Utf8JsonWriter json, string name, int[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
