using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

internal abstract partial class OperationCheck
{
    /// <summary>What the kernel variants of the table would launch on a device with the plan's traits that can run them; nothing is
    /// launched.</summary>
    /// <param name="kernels">Of any device, whose memory is used.</param>
    /// <param name="plan">Traits and extent.</param>
    public abstract IReadOnlyList<PlannedLaunch> Launches(KernelSet kernels, SweepPlan plan);

    /// <summary>Makes one of <see cref="Launches"/> on a device, with every unit of the shape and room to spare.</summary>
    public abstract LaunchOutcome Launch(KernelSet kernels, SweepPlan plan, PlannedLaunch launch, ulong seed);
}

internal abstract partial class OperationCheck<TArgs>
{
    public override IReadOnlyList<PlannedLaunch> Launches(KernelSet kernels, SweepPlan plan)
    {
        var table = Of(kernels).Table.ToArray();
        var launches = new List<PlannedLaunch>();
        foreach (var (index, shape) in Shapes(plan).Index())
        {
            using var batch = Whole(kernels, shape, seed: 1);
            var args = shape.Arrange(batch);
            for (var i = 0; i < table.Length; i++)
            {
                if (table[i] is KernelVariant<TArgs> variant && variant.Allows(plan.Traits, args))
                {
                    launches.Add(new PlannedLaunch(
                        Name, variant.Name, i, variant.Kind, variant.RequiredWarp, shape.Text, index,
                        GroupSize(variant, plan.Traits, args), variant.Grid(plan.Traits)(args).Size));
                }
            }
        }

        return launches;
    }

    public override LaunchOutcome Launch(KernelSet kernels, SweepPlan plan, PlannedLaunch launch, ulong seed)
    {
        var operation = Of(kernels);
        var variant = operation.Table[launch.VariantIndex];
        var shape = Shapes(plan).ElementAt(launch.ShapeIndex);
        using var batch = Whole(kernels, shape, seed);
        var args = shape.Arrange(batch);
        if (!variant.Allows(kernels.Traits, args))
        {
            return new LaunchOutcome(
                null, VariantNeeds.Unmet(variant, kernels.Traits, args) ?? "is not meant for these arguments on this device");
        }

        foreach (var output in batch.Outputs)
        {
            output.Memory.Poison();
        }

        operation.RunVariant(kernels.Accelerator.DefaultStream, args, variant);
        kernels.Accelerator.DefaultStream.Synchronize();
        return LaunchOutcome.Of(batch);
    }

    /// <summary>The largest group that a device must allow: that of the launch, or more where the variant asks for it.</summary>
    private static int GroupSize(KernelVariant<TArgs> variant, DeviceTraits traits, in TArgs args)
    {
        var size = Math.Max(
            variant.Grid(traits)(args).GroupDim.Size, variant.Second?.Grid(traits)(args).GroupDim.Size ?? 1);
        size = Math.Max(size, Math.Max(variant.Limits.MaxNumThreadsPerGroup ?? 1, variant.Second?.Limits.MaxNumThreadsPerGroup ?? 1));
        while (size < traits.MaxGroupSize && !variant.Allows(traits with { MaxGroupSize = size }, args))
        {
            size = Math.Min(2 * size, traits.MaxGroupSize);
        }

        return size;
    }

    private static CheckBatch Whole(KernelSet kernels, CheckShape<TArgs> shape, ulong seed) => new(
        kernels,
        new UnitValues(seed, shape.Text),
        [.. Enumerable.Range(0, shape.Units)],
        shape.HasCapacity ? 2 : 0)
    {
        IsWhole = true,
    };
}
