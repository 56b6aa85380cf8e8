using System.Collections.Concurrent;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A kernel's machine code by one version of ptxas.</summary>
internal sealed record KernelMachineCode(KernelCode Code, string Architecture, Assembled Assembled, MainLoop Loop)
{
    public string Name => $"{Code.Name} on {Architecture}";

    public CodeRow Row(string sources) => new(
        Code.Kernel.Operation, Code.Name, Architecture, Assembled.Registers, Assembled.SharedBytes, Loop.Instructions,
        Loop.ProductPercent, Loop.Divisions, sources);
}

/// <summary>Every kernel's PTX for compute capability 8.0 (which is also what newer cards get) through each ptxas.</summary>
internal static class AssembledKernels
{
    public static readonly string[] Architectures = ["sm_80", "sm_90"];

    private static readonly ConcurrentDictionary<string, Lazy<IReadOnlyList<KernelMachineCode>>> Once = new();

    public static IReadOnlyList<KernelMachineCode> By(Ptxas ptxas) =>
        Once.GetOrAdd(ptxas.Version, _ => new(() => Assemble(ptxas, CompiledKernels.All))).Value;

    public static IReadOnlyList<KernelMachineCode> Assemble(Ptxas ptxas, IEnumerable<KernelCode> all)
    {
        var folder = Directory.CreateTempSubdirectory("gputx-code-").FullName;
        try
        {
            var results = new ConcurrentBag<KernelMachineCode>();
            var codes = all.Where(code => code is { Target: CompiledKernels.Ptx80, Error: null });
            var pairs = codes.SelectMany(_ => Architectures, (code, architecture) => (code, architecture)).ToList();
            Parallel.For(0, pairs.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                var file = Path.Combine(folder, $"{i}.cubin");
                results.Add(Assemble(ptxas, pairs[i].code, pairs[i].architecture, file));
            });
            return [.. results.OrderBy(result => result.Name, StringComparer.Ordinal)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static KernelMachineCode Assemble(Ptxas ptxas, KernelCode code, string architecture, string file)
    {
        var assembled = ptxas.Assemble(code.Text, architecture, file);
        var loop = assembled.Error is null && ptxas.CanDisassemble ? MainLoop.Of(ptxas.Disassemble(file)) : default;
        return new(code, architecture, assembled, loop);
    }
}
