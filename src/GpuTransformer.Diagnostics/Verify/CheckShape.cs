namespace GpuTransformer.Diagnostics.Verify;

/// <summary>One shape of an operation: how many units it has that know nothing of each other (rows, sequences, images), and
/// how to lay a batch of some of them out.</summary>
/// <param name="Text">The shape, as reports show it; it also picks the inputs.</param>
/// <param name="Units">Units of the whole batch.</param>
/// <param name="Arrange">Fills a batch and returns the arguments.</param>
internal sealed record CheckShape<TArgs>(string Text, int Units, Func<CheckBatch, TArgs> Arrange)
    where TArgs : struct
{
    /// <summary>Whether rows in use can be fewer than the capacity.</summary>
    public bool HasCapacity { get; init; } = true;

    /// <summary>Whether there can be none in use.</summary>
    public bool CanBeEmpty { get; init; } = true;
}
