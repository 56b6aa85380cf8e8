using System.Globalization;
using Spectre.Console;

namespace GpuTransformer.Bench.Memory;

/// <summary>Prints what models took.</summary>
internal static class MemoryTable
{
    private static readonly string[] s_numbers =
        ["packed, MB", "mapped, MB", "arena, MB", "RssAnon, MB", "may take, MB", "runs", "s", "grown, MB", "GC heap, KB", "handles"];

    /// <summary>Prints a row a model.</summary>
    /// <returns>Whether all of them hold.</returns>
    public static bool Print(IAnsiConsole console, IReadOnlyList<(string Folder, ModelMemory? Memory, string? Failure)> models)
    {
        var table = new Table { Border = TableBorder.Simple }.AddColumn("model");
        Array.ForEach(s_numbers, name => table.AddColumn(new TableColumn(name).RightAligned()));
        table.AddColumn("holds");
        foreach (var (folder, memory, _) in models)
        {
            table.AddRow(memory is null ? [Path.GetFileName(folder), .. s_numbers.Select(_ => "-"), "NO"] : Cells(memory));
        }

        console.Write(table);
        console.WriteLine(
            "arena: arenas, tables and caches of the sessions. RssAnon: the most at any time. May take: packed + 1.2 x arena + 100 MB. Mapped files are shared " +
            "between processes and are not private memory. Grown and GC heap: over the runs, after collections, ten times the median of their tenths. Handles: open " +
            "after the runs and not before, but for the runtime's own.");
        foreach (var (folder, memory, failure) in models.Where(m => m.Failure is not null || m.Memory!.Growth.Handles.Count > 0))
        {
            console.WriteLine($"{Path.GetFileName(folder)}: {failure ?? $"left open: {string.Join(", ", memory!.Growth.Handles)}"}");
        }

        return models.All(m => m.Memory is { Holds: true });
    }

    private static string[] Cells(ModelMemory m) =>
    [
        m.Model, Mega(m.Packed), Mega(m.Mapped), Mega(m.Arena), Mega(m.Growth.Peak), Mega(m.Budget), $"{m.Growth.Runs}",
        m.Growth.Seconds.ToString("F0", CultureInfo.InvariantCulture), Mega(m.Growth.Private),
        (m.Growth.Heap / 1024.0).ToString("0.0", CultureInfo.InvariantCulture), $"{m.Growth.Handles.Count}", m.Holds ? "yes" : "NO",
    ];

    private static string Mega(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}
