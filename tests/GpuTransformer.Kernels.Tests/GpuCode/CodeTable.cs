using System.Globalization;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What one version of ptxas made of one kernel on one architecture.</summary>
/// <param name="Operation">The operation that launches the kernel.</param>
/// <param name="Kernel">The kernel, as <see cref="KernelName"/> writes it.</param>
/// <param name="Architecture">Such as sm_80.</param>
/// <param name="Registers">Registers a thread.</param>
/// <param name="SharedBytes">Shared memory a group.</param>
/// <param name="LoopInstructions">Instructions of the main loop.</param>
/// <param name="ProductPercent">Share of them that are FFMA or HMMA.</param>
/// <param name="LoopDivisions">Integer divisions among them.</param>
/// <param name="Sources">Hash of the sources that were compiled.</param>
internal sealed record CodeRow(
    string Operation,
    string Kernel,
    string Architecture,
    int Registers,
    int SharedBytes,
    int LoopInstructions,
    int ProductPercent,
    int LoopDivisions,
    string Sources)
{
    public (string Kernel, string Architecture) Key => (Kernel, Architecture);

    public string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation};{Kernel};{Architecture};{Registers};{SharedBytes};{LoopInstructions};{ProductPercent};{LoopDivisions};{Sources}");

    public static CodeRow Parse(string line)
    {
        var cells = line.Split(';');
        return cells.Length == 9
            ? new(cells[0], cells[1], cells[2], Number(cells[3]), Number(cells[4]), Number(cells[5]), Number(cells[6]), Number(cells[7]), cells[8])
            : throw new FormatException($"A row has 9 cells, this one {cells.Length}: {line}");
    }

    private static int Number(string cell) => int.Parse(cell, CultureInfo.InvariantCulture);
}

/// <summary>The tables of generated code that are checked in beside this file: GpuCode/ptxas-VERSION.csv.</summary>
internal static class CodeTable
{
    private const string Header =
        "operation;kernel;architecture;registers;shared bytes;main loop instructions;FMA percent;integer divisions;sources";

    private static string Folder => Path.Combine(
        KernelSources.RepositoryRoot(), "tests", "GpuTransformer.Kernels.Tests", "GpuCode");

    /// <summary>The versions of ptxas that have a table.</summary>
    public static IEnumerable<string> Versions =>
        Directory.GetFiles(Folder, "ptxas-*.csv").Select(file => Path.GetFileNameWithoutExtension(file)["ptxas-".Length..]).Order(StringComparer.Ordinal);

    public static IReadOnlyList<CodeRow> Read(string version) =>
        [.. File.ReadLines(FileOf(version)).Skip(1).Where(line => line.Length > 0).Select(CodeRow.Parse)];

    public static void Write(string version, IEnumerable<CodeRow> rows) =>
        File.WriteAllText(FileOf(version), string.Concat(Ordered(rows).Prepend(Header).Select(line => line + "\n")));

    private static IEnumerable<string> Ordered(IEnumerable<CodeRow> rows) => rows
        .OrderBy(row => row.Operation, StringComparer.Ordinal)
        .ThenBy(row => row.Kernel, StringComparer.Ordinal)
        .ThenBy(row => row.Architecture, StringComparer.Ordinal)
        .Select(row => row.Line);

    private static string FileOf(string version) => Path.Combine(Folder, $"ptxas-{version}.csv");
}
