using System.Text.RegularExpressions;
using GpuTransformer.Diagnostics.Verify;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The OpenCL C that ILGPU makes of every kernel for AMD and Intel, without a device: nothing in it belongs to one
/// vendor or to CUDA, and what AMD's groups and the smallest local memory cannot hold is declined by the tables.</summary>
public sealed partial class OpenClSourceTests
{
    private const string NoCompilers = "The ILGPU stand-in has no compilers for GPUs: run with the package (-p:Ilgpu=package).";

    /// <summary>All that the sources may call: functions of OpenCL C 2.0 that every device has.</summary>
    private static readonly HashSet<string> s_core =
    [
        "get_local_id", "get_group_id", "get_local_size", "get_num_groups", "get_global_id", "get_global_size",
        "work_group_barrier", "barrier", "as_float", "as_int", "as_uint", "as_long", "as_ulong", "min", "max", "fmin", "fmax",
        "fabs", "abs", "sqrt", "isnan", "isinf", "clz", "popcount",
        "atomic_fetch_max", "atomic_fetch_min", "atomic_fetch_add", "atomic_fetch_or", "atomic_fetch_and", "atomic_exchange",
        "atomic_compare_exchange_strong",
    ];

    private static readonly HashSet<string> s_statements = ["if", "for", "while", "switch", "return", "sizeof", "do", "else"];

    /// <summary>A GPU of AMD through OpenCL: groups of 256, wavefronts of 64, 64 KB.</summary>
    private static readonly DeviceTraits s_amd = Traits("an AMD GPU", warp: 64, groups: 256, shared: 64 << 10);

    /// <summary>The least that OpenCL asks of a device.</summary>
    private static readonly DeviceTraits s_least = Traits("the smallest GPU", warp: 8, groups: 128, shared: 32 << 10);

    public static TheoryData<string> Operations => new(OperationChecks.All.Select(check => check.Name));

    [SkippableFact]
    public void OnlyFunctionsThatEveryDeviceHasAreCalled()
    {
        Skip.If(DeviceTraits.IsStandIn, NoCompilers);
        var strangers = from code in Sources
                        let defined = Definition().Matches(code.Text).Select(match => match.Groups[1].Value).ToHashSet()
                        from call in Call().Matches(code.Text).Select(match => match.Groups[1].Value).Distinct()
                        where !s_core.Contains(call) && !s_statements.Contains(call) && !defined.Contains(call)
                        select $"{code.Name} as {code.Target} calls {call}";
        Assert.Empty(strangers);
    }

    [SkippableFact]
    public void NothingBelongsToOneVendor()
    {
        Skip.If(DeviceTraits.IsStandIn, NoCompilers);
        var found = from code in Sources
                    let word = Vendor().Match(code.Text)
                    where word.Success
                    select $"{code.Name} as {code.Target}: {word.Value}";
        Assert.Empty(found);
    }

    [SkippableFact]
    public void AmdAndIntelGetTheSameArithmetic()
    {
        Skip.If(DeviceTraits.IsStandIn, NoCompilers);
        foreach (var kernel in Sources.GroupBy(code => code.Kernel.Method))
        {
            // Names of types and variables are numbered anew in each compilation.
            Assert.Single(kernel.Select(code => Number().Replace(code.Text, "_")).Distinct());
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void GroupsThatADeviceHasNotAreDeclined(string operation)
    {
        using var devices = new WarpDevices();
        var check = OperationChecks.All.Single(check => check.Name == operation);
        foreach (var traits in (DeviceTraits[])[s_amd, s_least])
        {
            var launches = check.Launches(devices.Small, new SweepPlan(traits, SweepExtent.Quick));
            Assert.NotEmpty(launches);
            Assert.All(launches, launch => Assert.True(launch.GroupSize <= traits.MaxGroupSize, $"{launch} on {traits.Name}: {launch.GroupSize} threads"));
        }
    }

    [SkippableFact]
    public void LocalMemoryThatADeviceHasNotIsDeclined()
    {
        Skip.If(DeviceTraits.IsStandIn, NoCompilers);
        using var devices = new WarpDevices();
        var bytes = CompiledKernels.All.Where(code => code.Target == CompiledKernels.Ptx80)
            .ToDictionary(code => code.Kernel.Method, code => SharedArray().Matches(code.Text).Sum(array => int.Parse(array.Groups[1].ValueSpan)));
        var needs = KernelCatalog.Entries()
            .GroupBy(kernel => (kernel.Operation, Variant: kernel.Variant.Split(", ")[0]))
            .ToDictionary(variant => variant.Key, variant => variant.Max(kernel => bytes[kernel.Method]));
        foreach (var check in OperationChecks.All)
        {
            foreach (var launch in check.Launches(devices.Small, new SweepPlan(s_least, SweepExtent.Quick)))
            {
                var needed = needs[(launch.Operation.Split(' ')[0], launch.Variant)];
                Assert.True(needed <= s_least.SharedBytes, $"{launch}: {needed} bytes on {s_least.Name}");
            }
        }
    }

    private static IEnumerable<KernelCode> Sources => CompiledKernels.All.Where(code => !code.IsPtx);

    private static DeviceTraits Traits(string name, int warp, int groups, int shared) => new()
    {
        Kind = DeviceKind.OpenCl,
        Name = name,
        WarpSize = warp,
        MaxGroupSize = groups,
        SharedBytes = shared,
        Multiprocessors = 2,
    };

    [GeneratedRegex(@"\b([A-Za-z_]\w*)\s*\(")]
    private static partial Regex Call();

    [GeneratedRegex(@"^(?:kernel\s+)?[\w \*]+?\b(\w+)\s*\([^;{}]*\)\s*\{", RegexOptions.Multiline)]
    private static partial Regex Definition();

    [GeneratedRegex(@"\w*(?:intel|amd|nvidia|nv_|cuda|__asm|sub_group)\w*", RegexOptions.IgnoreCase)]
    private static partial Regex Vendor();

    [GeneratedRegex(@"_?\d{3,}")]
    private static partial Regex Number();

    [GeneratedRegex(@"\.shared\s+\.align\s+\d+\s+\.b8\s+\S+\[(\d+)\]")]
    private static partial Regex SharedArray();
}
