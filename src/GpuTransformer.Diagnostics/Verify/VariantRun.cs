using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>One variant of an operation under check.</summary>
internal sealed record VariantRun<TArgs>(Operation<TArgs> Operation, Variant<TArgs> Variant, string Order, VariantTally Tally)
    where TArgs : struct
{
    /// <summary>Runs it on a batch: against float64, a second time, and beside the batches before.</summary>
    public void Check(CheckContext context, string shape, CheckBatch batch, in TArgs args, BitsByUnit bits)
    {
        var composition = Composition(batch);
        if (!Launch(context, shape, composition, batch, args))
        {
            return;
        }

        Tally.Cases++;
        var first = Read(context, 0, shape, composition, batch);
        for (var i = 0; i < first.Length; i++)
        {
            var output = batch.Outputs[i];
            var comparison = output.Reference.Value.Compare(first[i]);
            Tally.Add(comparison);
            if (comparison.First is { } wrong)
            {
                // Bits of a wrong result are no measure for others.
                Tally.Fail(shape, composition, $"{output.Name}: {wrong}");
            }
            else if (output.Starts is { } starts)
            {
                CompareUnits(shape, composition, batch, output.Name, starts, first[i], bits);
            }
        }

        if (!context.Plan.IsSmoke && batch.IsWhole)
        {
            Again(context, shape, composition, batch, args, first);
        }
    }

    private void CompareUnits(
        string shape, string composition, CheckBatch batch, string output, int[] starts, float[] values, BitsByUnit bits)
    {
        if (!bits.Compare(Order, output, batch.Units, starts, values, $"{Variant.Name}, {composition}", out var problem))
        {
            return;
        }

        Tally.InBatch(problem is null);
        if (problem is not null)
        {
            Tally.Fail(shape, composition, problem);
        }
    }

    private void Again(
        CheckContext context, string shape, string composition, CheckBatch batch, in TArgs args, float[][] first)
    {
        if (!Launch(context, shape, composition, batch, args))
        {
            return;
        }

        var second = Read(context, 1, shape, composition, batch);
        for (var i = 0; i < first.Length; i++)
        {
            var different = Comparison.DifferentBits(first[i], second[i]);
            Tally.Twice(different is null);
            if (different is { } at)
            {
                Tally.Fail(
                    shape,
                    composition,
                    $"{batch.Outputs[i].Name}: element {at} is {second[i][at]:G9} in the second run, {first[i][at]:G9} in the first");
            }
        }
    }

    /// <summary>False where the variant cannot be launched at all, which is then a failure of it.</summary>
    private bool Launch(CheckContext context, string shape, string composition, CheckBatch batch, in TArgs args)
    {
        foreach (var output in batch.Outputs)
        {
            output.Memory.Poison();
        }

        context.Watch.Begin(Variant.Name);
        try
        {
            Operation.RunVariant(context.Stream, args, Variant);
            context.Stream.Synchronize();
        }
        catch (Exception error) when (LaunchWatch.IsAlive(context.Kernels.Accelerator))
        {
            Tally.IsBroken = true;
            Tally.Cases++;
            Tally.Fail(shape, composition, error.Message.ReplaceLineEndings(" "));
            return false;
        }
        finally
        {
            context.Watch.End();
        }

        return true;
    }

    private float[][] Read(CheckContext context, int run, string shape, string composition, CheckBatch batch)
    {
        var values = new float[batch.Outputs.Count][];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = batch.Outputs[i].Memory.Read(out var damage);
            context.Tamper?.Invoke(Variant.Name, run, values[i]);
            if (damage is not null)
            {
                Tally.Fail(shape, composition, $"{batch.Outputs[i].Name}: {damage}");
            }
        }

        return values;
    }

    private static string Composition(CheckBatch batch) => batch.Units switch
    {
        [] => $"0 of {batch.Spare}",
        [var only] => $"unit {only}" + (batch.Spare > 0 ? $", {batch.Spare} spare" : ""),
        [0, ..] => $"units 0 to {batch.Units[^1]}" + (batch.Spare > 0 ? $", {batch.Spare} spare" : ""),
        _ => $"units {batch.Units[0]} down to {batch.Units[^1]}",
    };
}
