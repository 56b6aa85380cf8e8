using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Where a group that walks all of k keeps the sums of the chunks before.</summary>
internal interface IMatMulTotals<TTile>
    where TTile : struct, IMatMulTile<TTile>
{
    /// <summary>Whether they lie in the arguments' workspace, Threads · Quads quads a group.</summary>
    static abstract bool NeedsWorkspace { get; }

    /// <summary>Takes a finished chunk; <paramref name="place"/> is the thread's part of the workspace.</summary>
    void Take(in TTile sums, ArrayView<Float4> place, bool isFirst);

    /// <summary>What was taken of <paramref name="quad"/>, after at least one chunk.</summary>
    Float4 Taken(ArrayView<Float4> place, int quad);
}

/// <summary>In registers, as many again as the sums: for small tiles.</summary>
internal struct RegisterTotals<TTile> : IMatMulTotals<TTile>
    where TTile : struct, IMatMulTile<TTile>
{
    private TTile _totals;

    public static bool NeedsWorkspace => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(in TTile sums, ArrayView<Float4> place, bool isFirst)
    {
        var totals = _totals;
        totals.Add(sums);
        _totals = totals;
    }

    public readonly Float4 Taken(ArrayView<Float4> place, int quad) => _totals.Sums(quad);
}

/// <summary>In the workspace, which the cache holds: 64 sums and 64 totals would leave a multiprocessor one group.</summary>
internal struct WorkspaceTotals<TTile> : IMatMulTotals<TTile>
    where TTile : struct, IMatMulTile<TTile>
{
    public static bool NeedsWorkspace => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Take(in TTile sums, ArrayView<Float4> place, bool isFirst)
    {
        if (isFirst)
        {
            sums.CopyTo(place);
        }
        else
        {
            sums.AddTo(place);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Taken(ArrayView<Float4> place, int quad) => place[quad * TTile.Threads];
}
