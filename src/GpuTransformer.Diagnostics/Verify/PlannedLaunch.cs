using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>One shape of a sweep through one kernel variant: what it would launch on a device with the plan's traits.</summary>
/// <param name="Operation">The operation's check.</param>
/// <param name="Variant">The entry of the operation's table.</param>
/// <param name="VariantIndex">Its place in the table.</param>
/// <param name="Kind">naive or group.</param>
/// <param name="RequiredWarp">The warp that the variant is bound to; 0: any.</param>
/// <param name="Shape">The shape, as reports show it.</param>
/// <param name="ShapeIndex">Its place in the plan.</param>
/// <param name="GroupSize">The largest group that it launches, or the device must allow.</param>
/// <param name="Threads">Threads of all its groups.</param>
internal sealed record PlannedLaunch(
    string Operation,
    string Variant,
    int VariantIndex,
    VariantKind Kind,
    int RequiredWarp,
    string Shape,
    int ShapeIndex,
    int GroupSize,
    long Threads)
{
    public override string ToString() => $"{Operation}, {Variant}, {Shape}";
}

/// <summary>What came of a launch.</summary>
/// <param name="Outputs">Every output; null: it did not run.</param>
/// <param name="Problem">What was wrong; null: nothing.</param>
internal sealed record LaunchOutcome(float[][]? Outputs, string? Problem)
{
    /// <summary>Reads a batch that was run, and compares with float64.</summary>
    public static LaunchOutcome Of(CheckBatch batch)
    {
        string? problem = null;
        var outputs = new float[batch.Outputs.Count][];
        for (var i = 0; i < outputs.Length; i++)
        {
            var output = batch.Outputs[i];
            outputs[i] = output.Memory.Read(out var damage);
            var wrong = damage ?? output.Reference.Value.Compare(outputs[i]).First?.ToString();
            problem ??= wrong is null ? null : $"{output.Name}: {wrong}";
        }

        return new LaunchOutcome(outputs, problem);
    }

    /// <summary>The first element whose bits are others; null: none.</summary>
    public string? DifferenceFrom(LaunchOutcome other)
    {
        for (var i = 0; i < Outputs!.Length; i++)
        {
            if (Comparison.DifferentBits(Outputs[i], other.Outputs![i]) is { } at)
            {
                return $"output {i}, element {at} is {Outputs[i][at]:G9}, there {other.Outputs[i][at]:G9}";
            }
        }

        return null;
    }
}
