using System.Diagnostics;
using System.Text.RegularExpressions;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What ptxas says of a kernel on one architecture.</summary>
/// <param name="Registers">Registers a thread.</param>
/// <param name="StackBytes">Local memory for arrays and spilled registers.</param>
/// <param name="SpillBytes">Bytes of registers that are stored and loaded again.</param>
/// <param name="SharedBytes">Shared memory a group.</param>
/// <param name="Error">What ptxas refused, such as a symbol that nothing defines; null: nothing.</param>
internal sealed record Assembled(int Registers, int StackBytes, int SpillBytes, int SharedBytes, string? Error);

/// <summary>NVIDIA's assembler, and its disassembler where that is installed too. Each ptxas on PATH counts, by version.</summary>
internal sealed partial class Ptxas
{
    private readonly string _folder;

    private Ptxas(string folder, string version)
    {
        _folder = folder;
        Version = version;
        CanDisassemble = File.Exists(Path.Combine(folder, "cuobjdump")) && File.Exists(Path.Combine(folder, "nvdisasm"));
    }

    /// <summary>Such as 11.8.</summary>
    public string Version { get; }

    public bool CanDisassemble { get; }

    /// <summary>One of each version on PATH.</summary>
    public static IReadOnlyList<Ptxas> Installed { get; } = Find();

    /// <summary>Assembles kernels into one file; the answers are in their order.</summary>
    public IReadOnlyList<Assembled> Assemble(IReadOnlyList<string> kernels, string architecture, string file)
    {
        var source = $"{file}.ptx";
        File.WriteAllText(source, PtxModule.Join(kernels));
        var (exitCode, report) = Run("ptxas", "-v", $"-arch={architecture}", "-o", file, source);
        if (exitCode != 0)
        {
            // One that is refused takes the others along, so each is asked for itself.
            return kernels.Count == 1
                ? [new(0, 0, 0, 0, report.Trim())]
                : [.. kernels.SelectMany(kernel => Assemble([kernel], architecture, file))];
        }

        var parts = PtxModule.Parts(report, AssembledFunction());
        return [.. kernels.Select((_, i) => Read(parts[PtxModule.NameOf(i)]))];
    }

    /// <summary>The instructions of an assembled file as text, by the names that <see cref="PtxModule"/> gave.</summary>
    public IReadOnlyDictionary<string, string> Disassemble(string file) =>
        PtxModule.Parts(Run("cuobjdump", "-sass", file).Output, DisassembledFunction());

    private static Assembled Read(string report) =>
        new(Number(Registers(), report), Number(Stack(), report), Number(Spills(), report), Number(Shared(), report), null);

    private static List<Ptxas> Find()
    {
        var found = new List<Ptxas>();
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            if (folder.Length > 0 && File.Exists(Path.Combine(folder, "ptxas")))
            {
                var version = Release().Match(new Ptxas(folder, "").Run("ptxas", "--version").Output).Groups[1].Value;
                if (version.Length > 0 && found.TrueForAll(other => other.Version != version))
                {
                    found.Add(new(folder, version));
                }
            }
        }

        return found;
    }

    private static int Number(Regex pattern, string text) =>
        pattern.Match(text) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan) : 0;

    private (int ExitCode, string Output) Run(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(_folder, tool), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // cuobjdump looks for nvdisasm on PATH, where another version's may come first.
        start.Environment["PATH"] = $"{_folder}{Path.PathSeparator}{start.Environment["PATH"]}";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    [GeneratedRegex(@"release (\d+\.\d+)")]
    private static partial Regex Release();

    [GeneratedRegex(@"Compiling entry function '(\w+)'")]
    private static partial Regex AssembledFunction();

    [GeneratedRegex(@"Function : (\w+)")]
    private static partial Regex DisassembledFunction();

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex Spills();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();
}
