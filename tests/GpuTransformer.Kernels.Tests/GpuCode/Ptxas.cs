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

    /// <summary>Assembles PTX into a file.</summary>
    public Assembled Assemble(string ptx, string architecture, string file)
    {
        var source = $"{file}.ptx";
        File.WriteAllText(source, ptx);
        var (exitCode, report) = Run("ptxas", "-v", $"-arch={architecture}", "-o", file, source);
        if (exitCode != 0)
        {
            return new(0, 0, 0, 0, report.Trim());
        }

        return new(Number(Registers(), report), Number(Stack(), report), Number(Spills(), report), Number(Shared(), report), null);
    }

    /// <summary>The instructions of an assembled file as text.</summary>
    public string Disassemble(string file) => Run("cuobjdump", "-sass", file).Output;

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

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex Spills();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();
}
