using System.Text.RegularExpressions;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What ILGPU's compilers make of every kernel, for CUDA and OpenCL, with no device. Needs the ILGPU package:
/// <c>dotnet test -p:Ilgpu=package</c>.</summary>
public sealed partial class GpuCodeTests
{
    private const int SharedBytesOfAnyDevice = 48 * 1024;

    /// <summary>Code that is slow or wrong, and what it comes from.</summary>
    private static readonly (Regex Pattern, string What)[] PtxTraps =
    [
        (LocalMemory(), "keeps values in local memory"),
        (ApproximateTanh(), "takes tanh.approx, which is right to 11 bits only"),
        (ExternFunction(), "calls a function that nothing defines"),
        (GenericAccess(), "loads or stores without saying which memory"),
        (DoublePrecision(), "computes in double precision"),
    ];

    private static readonly (Regex Pattern, string What)[] OpenClTraps =
    [
        (RawShuffle(), "shuffles registers, which AMD's OpenCL has not"),
        (OpenClDouble(), "computes in double precision"),
        (OpenClTanh(), "takes the device's own tanh"),
    ];

    [SkippableFact]
    public void EveryKernelCompilesForEveryGpu()
    {
        SkipWithoutCompilers();
        Report(CompiledKernels.All.Where(code => code.Error is not null).Select(code => $"{code.Name} as {code.Target}: {code.Error}"));
        Assert.Equal(
            KernelCatalog.GpuKernels().Count() * CompiledKernels.Targets.Length, CompiledKernels.All.Count(code => code.Text.Length > 0));
    }

    [SkippableFact]
    public void PtxHoldsNoTraps()
    {
        SkipWithoutCompilers();
        Report(Traps(code => code.IsPtx, PtxTraps));
        Report(CompiledKernels.All.Where(code => code.IsPtx && SharedBytesIn(code.Text) > SharedBytesOfAnyDevice)
            .Select(code => $"{code.Name}: {SharedBytesIn(code.Text)} bytes of shared memory, {SharedBytesOfAnyDevice} there are"));
    }

    [SkippableFact]
    public void OpenClHoldsNoTraps()
    {
        SkipWithoutCompilers();
        Report(Traps(code => !code.IsPtx, OpenClTraps));
        Report(CompiledKernels.All.Where(code => !code.IsPtx && !code.Text.Contains("kernel void", StringComparison.Ordinal))
            .Select(code => $"{code.Name} as {code.Target} holds no kernel"));
    }

    [SkippableFact]
    public void BarriersStandInUniformFlow()
    {
        SkipWithoutCompilers();
        var codes = CompiledKernels.All.Where(code => code is { Target: CompiledKernels.Ptx80, Error: null }).ToList();
        Assert.Contains(codes, code => code.Text.Contains("bar.sync", StringComparison.Ordinal));
        Report(codes.AsParallel().SelectMany(code => BarrierUniformity.Faults(code.Text)
            .Select(fault => $"{code.Name} has a barrier that a part of a group may miss, {fault}")));
    }

    [SkippableFact]
    public void KernelsThatGroupsMayLeaveEndWithABarrier()
    {
        SkipWithoutCompilers();
        Report(CompiledKernels.All.Where(code => code is { Target: CompiledKernels.Ptx80, Error: null }).SelectMany(code =>
            BarrierAtEnd.Faults(code.Text).Take(1).Select(store => $"{code.Name} stores after its last barrier: {store}")));
    }

    [SkippableFact]
    public void VectorKernelsAccessFourFloatsAtOnce()
    {
        SkipWithoutCompilers();
        string[] vectors = [nameof(VectorAccess), nameof(RowVectors), "RowMapVectors"];
        var kernels = CompiledKernels.All
            .Where(code => code.IsPtx && vectors.Any(name => code.Name.Contains(name, StringComparison.Ordinal))).ToList();
        Assert.NotEmpty(kernels);
        Report(kernels.Where(code => !code.Text.Contains(".global.v4.f32", StringComparison.Ordinal))
            .Select(code => $"{code.Name} as {code.Target} has no 128-bit access of global memory"));
    }

    private static IEnumerable<string> Traps(Func<KernelCode, bool> wanted, (Regex Pattern, string What)[] traps) =>
        from code in CompiledKernels.All.Where(wanted)
        from trap in traps
        let found = trap.Pattern.Match(code.Text)
        where found.Success
        select $"{code.Name} as {code.Target} {trap.What}: {found.Value.Trim()}";

    private static void SkipWithoutCompilers() =>
        Skip.If(DeviceTraits.IsStandIn, "The ILGPU stand-in has no compilers for GPUs: run with the package (-p:Ilgpu=package).");

    private static void Report(IEnumerable<string> faults)
    {
        var all = faults.Distinct().ToList();
        Assert.True(all.Count == 0, string.Join(Environment.NewLine, all));
    }

    private static long SharedBytesIn(string ptx) => SharedArray().Matches(ptx).Sum(array => long.Parse(array.Groups[1].ValueSpan));

    [GeneratedRegex(@"^.*\.local\b.*$", RegexOptions.Multiline)]
    private static partial Regex LocalMemory();

    [GeneratedRegex(@"\btanh\.approx.*$", RegexOptions.Multiline)]
    private static partial Regex ApproximateTanh();

    [GeneratedRegex(@"^\s*\.extern\s+\.func.*$", RegexOptions.Multiline)]
    private static partial Regex ExternFunction();

    [GeneratedRegex(@"\b(?:(?:ld|st)\.(?:volatile\.)?|(?:atom|red)\.\w+\.)(?!global|shared|param|const|local|volatile).*$", RegexOptions.Multiline)]
    private static partial Regex GenericAccess();

    [GeneratedRegex(@"^.*\.f64\s.*$", RegexOptions.Multiline)]
    private static partial Regex DoublePrecision();

    [GeneratedRegex(@"\.shared\s+\.align\s+\d+\s+\.b8\s+\S+\[(\d+)\]")]
    private static partial Regex SharedArray();

    [GeneratedRegex(@"\w*sub_group_shuffle\w*")]
    private static partial Regex RawShuffle();

    [GeneratedRegex(@"^.*\bdouble\b.*$", RegexOptions.Multiline)]
    private static partial Regex OpenClDouble();

    [GeneratedRegex(@"^.*\btanh\(.*$", RegexOptions.Multiline)]
    private static partial Regex OpenClTanh();
}
