using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Every operation through every variant of a device.</summary>
internal sealed class VerifyRun
{
    private readonly KernelSet _kernels;
    private readonly IReadOnlyList<OperationCheck> _checks;
    private readonly List<VariantTally> _tallies = [];

    /// <param name="kernels">Of the device; what variant it was made for is the only kind that runs.</param>
    /// <param name="extent">How much.</param>
    /// <param name="seed">Of the inputs.</param>
    /// <param name="only">Operations whose name contains this; null: all.</param>
    public VerifyRun(KernelSet kernels, SweepExtent extent, ulong seed, string? only = null)
    {
        _kernels = kernels;
        (Plan, Seed) = (new SweepPlan(kernels.Traits, extent), seed);
        _checks = [.. OperationChecks.All.Where(check => only is null || check.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        Shapes = _checks.Sum(check => check.ShapeCount(Plan));
    }

    public SweepPlan Plan { get; }

    public ulong Seed { get; }

    /// <summary>Shapes of the run.</summary>
    public int Shapes { get; }

    public LaunchWatch Watch { get; } = new();

    /// <summary>What went wrong with the device; the results so far stand.</summary>
    public string? DeviceError { get; private set; }

    /// <summary>Changes what variants gave, in tests of the checks.</summary>
    public Action<string, int, float[]>? Tamper { get; init; }

    /// <summary>Runs to the end, or until the device fails.</summary>
    public void Execute(CancellationToken cancellation = default)
    {
        var context = new CheckContext(_kernels, Plan, Seed, Watch, Tamper) { Cancellation = cancellation };
        foreach (var check in _checks)
        {
            try
            {
                check.Run(context, _tallies);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                DeviceError = $"{Watch.Shape}, {Watch.Variant}: {error.Message.ReplaceLineEndings(" ")}";
                return;
            }
        }
    }

    /// <summary>The results so far; also where a launch never ends.</summary>
    public IReadOnlyList<VariantResult> Results() => [.. _tallies.ToArray().Select(tally => tally.Result())];
}
