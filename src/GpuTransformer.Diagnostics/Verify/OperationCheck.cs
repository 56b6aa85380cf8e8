using System.Reflection;
using GpuTransformer.Kernels;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>What a run of one operation needs from the outside.</summary>
/// <param name="Kernels">The kernels of the device.</param>
/// <param name="Plan">Device and extent.</param>
/// <param name="Seed">Of the inputs.</param>
/// <param name="Watch">Told what runs, before each launch.</param>
/// <param name="Wants">Whether a variant of an operation is to run, by name and kind.</param>
/// <param name="Tamper">Changes what a variant gave, in tests of the checks themselves; null: nothing does.</param>
internal sealed record CheckContext(
    KernelSet Kernels,
    SweepPlan Plan,
    ulong Seed,
    LaunchWatch Watch,
    Func<string, string, VariantKind, bool> Wants,
    Action<string, int, float[]>? Tamper)
{
    public CancellationToken Cancellation { get; init; }

    public AcceleratorStream Stream => Kernels.Accelerator.DefaultStream;
}

/// <summary>The checks of one operation, whatever its arguments.</summary>
internal abstract partial class OperationCheck
{
    /// <summary>The operation, as reports show it.</summary>
    public abstract string Name { get; }

    /// <summary>The kernels of the operation's table.</summary>
    public abstract IEnumerable<MethodInfo> Kernels(KernelSet kernels);

    /// <summary>Names of the table's variants.</summary>
    public abstract IEnumerable<string> Variants(KernelSet kernels);

    /// <summary>Shapes that a plan has for it.</summary>
    public abstract int ShapeCount(SweepPlan plan);

    /// <summary>Runs every shape through every variant; tallies are kept where an exception leaves it.</summary>
    public abstract void Run(CheckContext context, List<VariantTally> tallies);

    /// <summary>Variants that no shape of the plan suits on a device with the plan's traits; nothing is launched.</summary>
    public abstract IReadOnlyList<string> Unreached(KernelSet kernels, SweepPlan plan);
}

/// <inheritdoc/>
internal abstract partial class OperationCheck<TArgs> : OperationCheck
    where TArgs : struct
{
    /// <summary>The operation of a set.</summary>
    protected abstract Operation<TArgs> Of(KernelSet kernels);

    /// <summary>The shapes of a plan.</summary>
    protected abstract IEnumerable<CheckShape<TArgs>> Shapes(SweepPlan plan);

    /// <summary>Variants of one order give the same bits for the same unit, in whatever batch: all of a kind, so that a batch
    /// or a layout that takes another of them changes nothing.</summary>
    protected virtual string OrderOf(Variant<TArgs> variant) => variant.Kind.ToString();

    public override IEnumerable<MethodInfo> Kernels(KernelSet kernels) =>
        Of(kernels).Table.ToArray().OfType<KernelVariant<TArgs>>().SelectMany(
            variant => variant.Second is { } second ? new[] { variant.Kernel.Method, second.Kernel.Method } : [variant.Kernel.Method]);

    public override IEnumerable<string> Variants(KernelSet kernels) => Of(kernels).Table.ToArray().Select(variant => variant.Name);

    public override int ShapeCount(SweepPlan plan) => Shapes(plan).Count();

    /// <summary>The shapes of a plan, for checks that are made of others.</summary>
    public IEnumerable<CheckShape<TArgs>> ShapesOf(SweepPlan plan) => Shapes(plan);

    public override void Run(CheckContext context, List<VariantTally> tallies)
    {
        var operation = Of(context.Kernels);
        VariantRun<TArgs>[] runs =
        [
            .. operation.Table.ToArray()
                .Where(variant => context.Wants(Name, variant.Name, variant.Kind))
                .Select(variant => new VariantRun<TArgs>(operation, variant, OrderOf(variant), TallyOf(variant))),
        ];
        tallies.AddRange(runs.Select(run => run.Tally));
        foreach (var shape in Shapes(context.Plan))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Watch.NextShape(Name, shape.Text);
            var bits = new BitsByUnit();
            foreach (var (units, spare) in Compositions(context.Plan, shape))
            {
                using var batch = new CheckBatch(
                    context.Kernels, new UnitValues(context.Seed, shape.Text), units, spare)
                {
                    IsWhole = units.Length == shape.Units,
                };
                var args = shape.Arrange(batch);
                foreach (var run in runs)
                {
                    Run(context, run, shape, batch, args, bits);
                }
            }
        }
    }

    public override IReadOnlyList<string> Unreached(KernelSet kernels, SweepPlan plan)
    {
        var left = Of(kernels).Table.ToArray().ToList();
        foreach (var shape in Shapes(plan))
        {
            foreach (var (units, spare) in Compositions(plan, shape))
            {
                using var batch = new CheckBatch(kernels, new UnitValues(1, shape.Text), units, spare)
                {
                    IsWhole = units.Length == shape.Units,
                };
                var args = shape.Arrange(batch);
                left.RemoveAll(variant => variant.Allows(plan.Traits, args));
            }
        }

        return [.. left.Select(variant => variant.Name)];
    }

    private VariantTally TallyOf(Variant<TArgs> variant) => new(Name, variant.Name, variant.Kind.ToString().ToLowerInvariant());

    private static void Run(
        CheckContext context, VariantRun<TArgs> run, CheckShape<TArgs> shape, CheckBatch batch, in TArgs args, BitsByUnit bits)
    {
        // Where it is meant to run; one that is meant for shapes larger than any here, where it can.
        var traits = context.Kernels.Traits;
        if (!run.Variant.Supports(traits, args) && (run.Tally.Cases > 0 || !run.Variant.Allows(traits, args)))
        {
            run.Tally.Reason ??= VariantNeeds.Unmet(run.Variant, traits, args);
            return;
        }

        if (!run.Tally.IsBroken)
        {
            run.Check(context, shape.Text, batch, args, bits);
        }
    }

    /// <summary>All units with room to spare; the last one alone; all but the first in reverse; none.</summary>
    private static IEnumerable<(int[] Units, int Spare)> Compositions(SweepPlan plan, CheckShape<TArgs> shape)
    {
        int[] all = [.. Enumerable.Range(0, shape.Units)];
        yield return (all, shape.HasCapacity ? 2 : 0);
        if (plan.IsSmoke)
        {
            yield break;
        }

        if (shape.Units > 1)
        {
            yield return ([shape.Units - 1], 0);
        }

        if (shape.Units > 2)
        {
            yield return ([.. all.Skip(1).Reverse()], 0);
        }

        if (shape.HasCapacity && shape.CanBeEmpty)
        {
            yield return ([], 2);
        }
    }
}
