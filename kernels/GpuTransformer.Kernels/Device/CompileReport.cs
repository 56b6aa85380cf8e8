namespace GpuTransformer.Kernels;

/// <summary>Kernels that were compiled and how long that took.</summary>
/// <param name="Device">For which device.</param>
/// <param name="Kernels">How many.</param>
/// <param name="Time">From the start of the first to the end of the last, without pauses between.</param>
/// <param name="Variants">The variants that they are of, in the order in which they were done.</param>
public sealed record CompileReport(string Device, int Kernels, TimeSpan Time, IReadOnlyList<string> Variants)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"compiled {Kernels} {(Kernels == 1 ? "kernel" : "kernels")} for {Device} in {Time.TotalSeconds:F1} s");
}
