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

    private const int BatchSize = 8;

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
            var batches = Architectures.SelectMany(_ => Batches(codes), (architecture, batch) => (architecture, batch)).ToList();
            Parallel.For(0, batches.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                var file = Path.Combine(folder, $"{i}.cubin");
                Assemble(ptxas, batches[i].batch, batches[i].architecture, file, results);
            });
            return [.. results.OrderBy(result => result.Name, StringComparer.Ordinal)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<KernelCode[]> Batches(IEnumerable<KernelCode> codes)
    {
        var groups = codes.ToLookup(code => PtxModule.CanJoin(code.Text));
        return groups[true].Chunk(BatchSize).Concat(groups[false].Chunk(1));
    }

    private static void Assemble(
        Ptxas ptxas, KernelCode[] batch, string architecture, string file, ConcurrentBag<KernelMachineCode> results)
    {
        var assembled = ptxas.Assemble([.. batch.Select(code => code.Text)], architecture, file);
        var isWhole = ptxas.CanDisassemble && assembled.All(one => one.Error is null);
        var sass = isWhole ? ptxas.Disassemble(file) : null;
        for (var i = 0; i < batch.Length; i++)
        {
            var loop = sass is null ? default : MainLoop.Of(sass[PtxModule.NameOf(i)]);
            results.Add(new(batch[i], architecture, assembled[i], loop));
        }
    }
}
