using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Tuning;

/// <summary>What one shape's variants took.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Class">The shapes that the choice is for.</param>
/// <param name="BuiltIn">The variant that is taken without tuning.</param>
/// <param name="Times">Seconds a run of each variant that was right, the fastest first.</param>
/// <param name="Rejected">Variants that were wrong or did not run, and why.</param>
internal sealed record TunedShape(
    string Operation, string Shape, ShapeClass Class, string BuiltIn,
    IReadOnlyList<(string Variant, double Seconds)> Times, IReadOnlyList<(string Variant, string Reason)> Rejected)
{
    /// <summary>Less is taken for noise: the built-in variant then stays.</summary>
    private const double LeastGain = 0.03;

    /// <summary>The variant to take instead of the built-in one; null: that one is as good, or nothing was measured.</summary>
    public string? Better
    {
        get
        {
            if (Times.Count == 0 || Times[0].Variant == BuiltIn)
            {
                return null;
            }

            var own = Times.FirstOrDefault(t => t.Variant == BuiltIn);
            return own.Variant is null || Times[0].Seconds < own.Seconds * (1 - LeastGain) ? Times[0].Variant : null;
        }
    }
}

/// <summary>What tuning found on a device.</summary>
/// <param name="Shapes">Each shape that had a choice.</param>
/// <param name="LeftOut">Shapes that the time was too short for.</param>
internal sealed record TuneReport(IReadOnlyList<TunedShape> Shapes, int LeftOut)
{
    /// <summary>What goes into the file: where the built-in choice is not the best.</summary>
    public IEnumerable<TunedChoice> Choices =>
        from shape in Shapes where shape.Better is not null select new TunedChoice(shape.Operation, shape.Class, shape.Better!);

    /// <summary>Whether no variant was thrown out.</summary>
    public bool IsClean => Shapes.All(shape => shape.Rejected.Count == 0);
}
