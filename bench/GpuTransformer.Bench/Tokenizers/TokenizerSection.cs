using System.Diagnostics;
using GpuTransformer.Diagnostics.Roofline;
using Spectre.Console;

namespace GpuTransformer.Bench;

/// <summary>The tokenizers' part of a quick run: megabytes a second on 10 MB of verse.</summary>
internal static class TokenizerSection
{
    private const int Bytes = 10_000_000;
    private const int Rounds = 3;

    /// <summary>Names that <c>--quick</c> takes words of.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. TokenizerCase.Kinds.Select(kind => kind.Name)];

    /// <summary>Measures the kinds whose names contain all words, and prints a table.</summary>
    public static void Run(IAnsiConsole console, IReadOnlyList<string> words)
    {
        var kinds = TokenizerCase.Kinds.Where(kind => QuickCases.Matches(kind.Name, words)).ToArray();
        if (kinds.Length == 0)
        {
            return;
        }

        var lines = VerseText.Lines(Bytes);
        TokenizerCase[] cases = [.. kinds.Select(kind => new TokenizerCase(kind.Name, kind.Model, lines))];
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle("tokenizers: 10 MB of verse", Style.Plain), Expand = false };
        table.AddColumn(new TableColumn("tokenizer").NoWrap());
        foreach (var name in new[] { "input", "on", "time", "MB/s", "range", "ids" })
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        foreach (var row in Measure(cases))
        {
            var megabytes = row.Case.Bytes / 1e6;
            table.AddRow(
                row.Case.Name["tokenizer ".Length..],
                row.Input == TokenizerInput.Text ? "one text" : $"{lines.Length} lines",
                row.Input == TokenizerInput.Batch ? $"x{Environment.ProcessorCount}" : "x1",
                $"{row.Times.Median:F2} s",
                $"{megabytes / row.Times.Median:F1}",
                $"{megabytes / row.Times.Most:F1} - {megabytes / row.Times.Least:F1}",
                $"{row.Ids}");
        }

        console.Write(table);
    }

    // Every row has its turn in each round.
    private static List<Row> Measure(TokenizerCase[] cases)
    {
        List<Row> rows = [.. cases.SelectMany(c => Enum.GetValues<TokenizerInput>(), (c, input) => new Row(c, input))];
        foreach (var tokenizer in cases)
        {
            tokenizer.Verify();
        }

        for (var round = 0; round < Rounds; round++)
        {
            foreach (var row in rows)
            {
                var watch = Stopwatch.StartNew();
                row.Ids = row.Case.Run(row.Input);
                row.Times.Add(watch.Elapsed.TotalSeconds);
            }
        }

        return rows;
    }

    private sealed class Row(TokenizerCase tokenizer, TokenizerInput input)
    {
        public TokenizerCase Case { get; } = tokenizer;

        public TokenizerInput Input { get; } = input;

        public Series Times { get; } = new();

        public long Ids { get; set; }
    }
}
