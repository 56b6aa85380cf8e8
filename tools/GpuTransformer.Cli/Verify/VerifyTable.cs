using System.Globalization;
using GpuTransformer.Diagnostics.Verify;
using Spectre.Console;

namespace GpuTransformer.Cli.Verify;

/// <summary>A verification as a person reads it.</summary>
internal static class VerifyTable
{
    public static void Print(IAnsiConsole console, VerifyReport report, string? path)
    {
        var machine = report.Machine;
        console.WriteLine($"{machine.Ilgpu}; {machine.Device}: {machine.Traits}");
        var table = new Table { Border = TableBorder.Minimal };
        table.AddColumns("operation", "variant");
        foreach (var title in (string[])["batches", "error", "of allowed"])
        {
            table.AddColumn(new TableColumn(title).RightAligned());
        }

        table.AddColumns("same bits twice", "in other batches");
        table.AddColumn("");
        foreach (var result in report.Variants.Where(result => result.Cases > 0))
        {
            Row(table, result);
        }

        console.Write(table);
        if (report.Variants.FirstOrDefault(result => result.Substitute is not null)?.Substitute is { } substitute)
        {
            console.WriteLine($"* larger than this device's groups: ran on a {substitute}.");
            console.WriteLine();
        }

        NotRun(console, report);
        console.WriteLine(report.Summary());
        if (report.DeviceError is { } error)
        {
            console.WriteLine($"The device failed: {error}. The results above came before it.");
        }

        if (report.Interruption is { } interruption)
        {
            console.WriteLine($"Interrupted {interruption}; what was checked before it stands.");
        }

        if (report.IsFault)
        {
            Failures(console, report, path!);
        }
    }

    private static void Row(Table table, VariantResult result)
    {
        table.AddRow(
            Markup.Escape(result.Operation),
            Markup.Escape(result.Substitute is null ? result.Variant : $"{result.Variant} *"),
            result.Cases.ToString(CultureInfo.InvariantCulture),
            Number(result.LargestError, "G2"),
            Share(result.LargestShare),
            Yes(result.SameTwice),
            Yes(result.SameInBatch),
            result.Outcome == VariantOutcome.Passed ? "[green]pass[/]" : $"[red]FAIL ({result.FailureCount})[/]");
    }

    /// <summary>Variants by the reason that they did not run.</summary>
    private static void NotRun(IAnsiConsole console, VerifyReport report)
    {
        foreach (var reason in report.Variants
            .Where(result => result.Cases == 0)
            .GroupBy(result => result.Reason ?? report.WhyNotReached))
        {
            console.WriteLine($"Not run ({reason.Count()}): {reason.Key}:");
            foreach (var operation in reason.GroupBy(result => result.Operation))
            {
                console.WriteLine($"  {operation.Key}: {string.Join(", ", operation.Select(result => result.Variant))}");
            }
        }

        console.WriteLine();
    }

    private static void Failures(IAnsiConsole console, VerifyReport report, string path)
    {
        foreach (var result in report.Variants.Where(r => r.Outcome == VariantOutcome.Failed))
        {
            console.WriteLine();
            console.MarkupLine($"[red]{Markup.Escape($"{result.Operation}, {result.Variant}")}[/]");
            foreach (var failure in result.Failures)
            {
                console.WriteLine($"  {failure.Shape} ({failure.Batch}): {failure.Problem}");
            }
        }

        console.WriteLine();
        console.WriteLine($"Please open an issue and attach {path}");
        console.WriteLine("It names device, driver, ILGPU, system and processor, and for each failure shape, seed, first wrong element and");
        console.WriteLine($"what was expected. To see it again: gputx verify --operation NAME --seed {report.Seed}");
    }

    private static string Share(double share) => double.IsFinite(share) ? $"{Number(100 * share, share < 0.1 ? "F1" : "F0")} %" : "none";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Yes(bool? value) => value switch { true => "yes", false => "[red]NO[/]", null => "-" };
}
