using GpuTransformer.Diagnostics.References;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>What came of a variant.</summary>
internal enum VariantOutcome
{
    Passed,
    Failed,

    /// <summary>The device cannot run it.</summary>
    NotOnThisDevice,

    /// <summary>No shape of the sweep suits it, or the run ended before one did.</summary>
    NotReached,
}

/// <summary>One thing that was wrong.</summary>
/// <param name="Shape">The shape.</param>
/// <param name="Batch">Which units of it ran.</param>
/// <param name="Problem">What was expected and what was found.</param>
internal sealed record CheckFailure(string Shape, string Batch, string Problem);

/// <summary>The results of one variant as they come in.</summary>
internal sealed class VariantTally(string operation, string variant, string kind)
{
    /// <summary>More of the same kind say nothing new.</summary>
    private const int MostFailures = 8;

    private readonly List<CheckFailure> _failures = [];
    private int _failureCount;

    public string Operation => operation;

    public string Variant => variant;

    /// <summary>What ran it instead of the device; null: the device did.</summary>
    public string? Substitute { get; set; }

    /// <summary>Why it does not run on the device.</summary>
    public string? Reason { get; set; }

    /// <summary>Whether it cannot be launched; it is not tried again.</summary>
    public bool IsBroken { get; set; }

    public int Cases { get; set; }

    public bool HasFailed => _failureCount > 0;

    public bool? SameTwice { get; private set; }

    public bool? SameInBatch { get; private set; }

    public double LargestError { get; private set; }

    public double LargestShare { get; private set; }

    public void Add(Comparison comparison)
    {
        LargestError = Math.Max(LargestError, comparison.LargestError);
        LargestShare = Math.Max(LargestShare, comparison.LargestShare);
    }

    public void Twice(bool same) => SameTwice = same && SameTwice is not false;

    public void InBatch(bool same) => SameInBatch = same && SameInBatch is not false;

    public void Fail(string shape, string batch, string problem)
    {
        _failureCount++;
        if (_failures.Count < MostFailures)
        {
            _failures.Add(new CheckFailure(shape, batch, problem));
        }
    }

    public VariantResult Result() => new(
        operation,
        variant,
        kind,
        HasFailed ? VariantOutcome.Failed
            : Cases > 0 ? VariantOutcome.Passed
            : Reason is null ? VariantOutcome.NotReached
            : VariantOutcome.NotOnThisDevice,
        Cases,
        LargestError,
        LargestShare,
        SameTwice,
        SameInBatch,
        Cases > 0 ? null : Reason,
        Substitute,
        _failureCount,
        [.. _failures]);
}

/// <summary>The results of one variant.</summary>
/// <param name="Operation">Operation, with its type parameter where it has one.</param>
/// <param name="Variant">Name of the variant.</param>
/// <param name="Kind">naive, group or cpu.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Cases">Batches that ran.</param>
/// <param name="LargestError">Largest |found - float64|.</param>
/// <param name="LargestShare">Largest error as a share of what was allowed.</param>
/// <param name="SameTwice">Whether a second run gave the same bits; null: not tried.</param>
/// <param name="SameInBatch">Whether units gave the same bits in other batches, and in variants of the same order; null:
/// not tried.</param>
/// <param name="Reason">Why it did not run.</param>
/// <param name="Substitute">What ran it instead of the device, which cannot; null: the device did.</param>
/// <param name="FailureCount">All failures.</param>
/// <param name="Failures">The first of them.</param>
internal sealed record VariantResult(
    string Operation,
    string Variant,
    string Kind,
    VariantOutcome Outcome,
    int Cases,
    double LargestError,
    double LargestShare,
    bool? SameTwice,
    bool? SameInBatch,
    string? Reason,
    string? Substitute,
    int FailureCount,
    IReadOnlyList<CheckFailure> Failures);
