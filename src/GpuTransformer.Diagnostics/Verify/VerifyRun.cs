using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Every operation through every variant of a device.</summary>
internal sealed class VerifyRun
{
    private readonly VerifyDevices _devices;
    private readonly IReadOnlyList<OperationCheck> _checks;
    private readonly List<VariantTally> _tallies = [];

    /// <param name="devices">The device; what variant it was made for is the only kind that runs.</param>
    /// <param name="extent">How much.</param>
    /// <param name="seed">Of the inputs.</param>
    /// <param name="only">Operations whose name contains this; null: all.</param>
    /// <param name="checks">Other checks than those of the library, in tests.</param>
    public VerifyRun(
        VerifyDevices devices, SweepExtent extent, ulong seed, string? only = null, IReadOnlyList<OperationCheck>? checks = null)
    {
        _devices = devices;
        (Plan, Seed) = (new SweepPlan(devices.Kernels.Traits, extent), seed);
        _checks = [.. (checks ?? OperationChecks.All).Where(check => only is null || check.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        Shapes = _checks.Sum(check => check.ShapeCount(Plan));
    }

    public SweepPlan Plan { get; }

    public ulong Seed { get; }

    /// <summary>Shapes of the run, as far as they are known.</summary>
    public int Shapes { get; private set; }

    public LaunchWatch Watch { get; } = new();

    /// <summary>What went wrong with the device; the results so far stand.</summary>
    public string? DeviceError { get; private set; }

    /// <summary>Changes what variants gave, in tests of the checks.</summary>
    public Action<string, int, float[]>? Tamper { get; init; }

    /// <summary>Runs to the end, or until the device fails.</summary>
    public void Execute(CancellationToken cancellation = default)
    {
        try
        {
            var wanted = _devices.Kernels.RequestedVariant;
            foreach (var check in _checks)
            {
                RunWhole(check, (_, _, kind) => wanted is null || kind == wanted, cancellation);
            }

            // Groups of a thousand threads on a processor take most of a minute.
            if (Plan.Extent == SweepExtent.Full && _devices.Substitute() is { } wide)
            {
                RunOn(wide, cancellation);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            DeviceError = $"{Watch.Shape}, {Watch.Variant}: {error.Message.ReplaceLineEndings(" ")}";
        }
    }

    /// <summary>The results so far; also where a launch never ends.</summary>
    public IReadOnlyList<VariantResult> Results() => [.. _tallies.ToArray().Select(tally => tally.Result())];

    /// <summary>A kernel that does not compile leaves nothing behind it that compiles: the others are tried without it, on
    /// the device opened anew.</summary>
    private void RunWhole(OperationCheck check, Func<string, string, VariantKind, bool> wants, CancellationToken cancellation)
    {
        var broken = new List<VariantTally>();
        while (true)
        {
            var first = _tallies.Count;
            check.Run(Context(_devices.Kernels, Plan, (o, v, k) => wants(o, v, k) && !broken.Exists(t => t.Variant == v), cancellation), _tallies);
            VariantTally[] found = [.. _tallies[first..].Where(tally => tally.IsBroken)];
            if (found.Length == 0 || !_devices.Reopen())
            {
                _tallies.AddRange(broken);
                return;
            }

            // The first to fail may have failed the others.
            broken.Add(found[0]);
            _tallies.RemoveRange(first, _tallies.Count - first);
        }
    }

    /// <summary>Runs what the device cannot on another.</summary>
    private void RunOn(KernelSet wide, CancellationToken cancellation)
    {
        var missing = _tallies.Where(tally => tally.Result().Outcome == VariantOutcome.NotOnThisDevice).ToArray();
        var names = missing.Select(tally => (tally.Operation, tally.Variant)).ToHashSet();
        var checks = _checks.Where(check => missing.Any(tally => tally.Operation == check.Name)).ToArray();
        var plan = Plan with { Traits = wide.Traits };
        Shapes += checks.Sum(check => check.ShapeCount(plan));
        foreach (var check in checks)
        {
            var again = new List<VariantTally>();
            check.Run(Context(wide, plan, (o, v, k) => k == VariantKind.Group && names.Contains((o, v)), cancellation), again);
            foreach (var tally in again.Where(tally => tally.Cases > 0))
            {
                tally.Substitute = $"CPU accelerator with warps of {wide.Traits.WarpSize}, groups of {wide.Traits.MaxGroupSize}";
                _tallies[_tallies.FindIndex(t => t.Operation == tally.Operation && t.Variant == tally.Variant)] = tally;
            }
        }
    }

    private CheckContext Context(
        KernelSet kernels, SweepPlan plan, Func<string, string, VariantKind, bool> wants, CancellationToken cancellation) =>
        new(kernels, plan, Seed, Watch, wants, Tamper) { Cancellation = cancellation };
}
