using System.Globalization;
using Spectre.Console;

namespace GpuTransformer.Bench.Memory;

/// <summary>Prints what models took.</summary>
internal static class MemoryTable
{
    /// <summary>Prints a row a model.</summary>
    /// <returns>Whether all of them hold.</returns>
    public static bool Print(IAnsiConsole console, IReadOnlyList<MemoryOfModel> models)
    {
        var table = new Table();
        foreach (var column in new[] { "model", "packed, MB", "mapped, MB", "arena, MB", "RssAnon, MB", "may take, MB", "runs", "grown, MB", "GC heap, KB", "handles", "holds" })
        {
            table.AddColumn(column);
        }

        foreach (var m in models)
        {
            table.AddRow(
                m.Model, Mega(m.Packed), Mega(m.Mapped), Mega(m.Arena), Mega(m.Private), Mega(m.Budget), $"{m.Runs}", Mega(m.Grown),
                (m.HeapGrown / 1024.0).ToString("0.0", CultureInfo.InvariantCulture), $"{m.HandlesGrown}", m.Holds ? "yes" : "NO");
        }

        console.Write(table);
        console.WriteLine("arena: arenas, tables and caches of the sessions. May take: packed + 1.2 x arena + 100 MB. Mapped files are shared between processes and are not private memory.");
        return models.All(m => m.Holds);
    }

    private static string Mega(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}
