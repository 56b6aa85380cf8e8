using Xunit;
using Xunit.Abstractions;

namespace GpuTransformer.Kernels.Tests;

/// <summary>
/// What NVIDIA's assembler makes of every kernel. Needs the ILGPU package, and ptxas on PATH (cuobjdump and nvdisasm
/// beside it for the main loops; each version of ptxas on PATH is taken, Debian's is in nvidia-cuda-toolkit of its
/// non-free section).
/// </summary>
/// <remarks>
/// The figures are compared with GpuCode/ptxas-VERSION.csv. A kernel that gets worse fails: make it better again, or,
/// when what it does now is worth its price, write the tables anew and let the change of the row be read with the
/// change of the kernel. With every ptxas whose table is checked in on PATH:
/// <code>GPUTX_CODE_TABLE=write dotnet test tests/GpuTransformer.Kernels.Tests -p:Ilgpu=package --filter FullyQualifiedName~PtxasTests</code>
/// Rows whose sources did not change are kept as they are; <c>GPUTX_CODE_TABLE=rewrite</c> measures all.
/// </remarks>
public sealed class PtxasTests(ITestOutputHelper output)
{
    private const string WriteSwitch = "GPUTX_CODE_TABLE";

    /// <summary>A multiprocessor's 65536 registers over the 1024 threads of the largest group.</summary>
    private const int RegistersOfAnyGroup = 64;

    [SkippableFact]
    public void EveryKernelKeepsItsValuesInRegisters()
    {
        foreach (var ptxas in InstalledOrSkip())
        {
            var all = AssembledKernels.By(ptxas);
            Report(ptxas, all.Where(k => k.Assembled.Error is not null).Select(k => $"{k.Name}: {k.Assembled.Error}"));
            Report(ptxas, all.Where(k => k.Assembled.SpillBytes > 0).Select(k => $"{k.Name} spills {k.Assembled.SpillBytes} bytes"));
            Report(ptxas, all.Where(k => k.Assembled.StackBytes > 0).Select(k => $"{k.Name} has {k.Assembled.StackBytes} bytes of stack"));
            Report(ptxas, all.Where(k => k.Loop.GenericAccesses > 0).Select(k => $"{k.Name} has {k.Loop.GenericAccesses} generic loads or stores"));
        }
    }

    /// <summary>Else a launch fails where no test without a device can see it. ptxas keeps to a stated group.</summary>
    [SkippableFact]
    public void AKernelOfManyRegistersStatesItsGroup()
    {
        foreach (var ptxas in InstalledOrSkip())
        {
            Report(ptxas, AssembledKernels.By(ptxas)
                .Where(k => k.Assembled.Registers > RegistersOfAnyGroup && k.Code.Kernel.Limits.MaxNumThreadsPerGroup is null)
                .Select(k => $"{k.Name} takes {k.Assembled.Registers} registers: set Limits of its variant to the largest group"));
        }
    }

    [SkippableFact]
    public void NoKernelGetsWorse()
    {
        var tools = InstalledOrSkip().Where(ptxas => ptxas.CanDisassemble).ToList();
        Skip.If(tools.Count == 0, "Neither cuobjdump nor nvdisasm is beside ptxas.");
        foreach (var ptxas in tools)
        {
            if (Environment.GetEnvironmentVariable(WriteSwitch) is "write" or "rewrite")
            {
                Write(ptxas);
            }
            else if (CodeTable.Versions.Contains(ptxas.Version))
            {
                var old = CodeTable.Read(ptxas.Version).ToDictionary(row => row.Key);
                var rows = AssembledKernels.By(ptxas).Where(kernel => kernel.Assembled.Error is null).Select(kernel => kernel.Row(""));
                Report(ptxas, rows.Where(row => old.ContainsKey(row.Key)).SelectMany(row => CodeComparison.Worse(old[row.Key], row)));
            }
            else
            {
                output.WriteLine($"ptxas {ptxas.Version} has no table: spills and stack are checked, figures are not compared.");
            }
        }
    }

    private void Write(Ptxas ptxas)
    {
        var sources = KernelSources.OfRepository();
        var hashes = CompiledKernels.Kernels.ToDictionary(kernel => KernelName.Of(kernel.Method), sources.HashOf);
        var isKept = Environment.GetEnvironmentVariable(WriteSwitch) == "write" && CodeTable.Versions.Contains(ptxas.Version);
        var kept = (isKept ? CodeTable.Read(ptxas.Version) : []).Where(row => hashes.GetValueOrDefault(row.Kernel) == row.Sources).ToList();
        var names = kept.Select(row => row.Kernel).ToHashSet();
        var changed = CompiledKernels.Kernels.Where(kernel => !names.Contains(KernelName.Of(kernel.Method)));
        var assembled = kept.Count == 0
            ? AssembledKernels.By(ptxas)
            : AssembledKernels.Assemble(ptxas, CompiledKernels.Compile(changed, CompiledKernels.Ptx80));
        Report(ptxas, assembled.Where(kernel => kernel.Assembled.Error is not null).Select(kernel => $"{kernel.Name}: {kernel.Assembled.Error}"));
        var measured = assembled.Select(kernel => kernel.Row(hashes[kernel.Code.Name])).ToList();
        CodeTable.Write(ptxas.Version, kept.Concat(measured));
        output.WriteLine($"ptxas {ptxas.Version}: {kept.Count} rows kept, {measured.Count} measured.");
    }

    private static IReadOnlyList<Ptxas> InstalledOrSkip()
    {
        Skip.If(DeviceTraits.IsStandIn, "The ILGPU stand-in has no compiler for CUDA: run with the package (-p:Ilgpu=package).");
        Skip.If(Ptxas.Installed.Count == 0, "ptxas is not on PATH.");
        return Ptxas.Installed;
    }

    private static void Report(Ptxas ptxas, IEnumerable<string> faults)
    {
        var all = faults.ToList();
        Assert.True(all.Count == 0, string.Join(Environment.NewLine, all.Prepend($"With ptxas {ptxas.Version}:")));
    }
}
