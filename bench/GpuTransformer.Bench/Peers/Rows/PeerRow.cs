using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench.Peers;

/// <summary>What both sides are timed on.</summary>
/// <param name="Name">Name, as --rows takes it.</param>
/// <param name="Work">Operations and bytes of a run; memory-bound or not.</param>
/// <param name="Peer">The other side.</param>
/// <param name="Target">With AVX-512; null: none is set.</param>
/// <param name="Ours">Makes our side.</param>
internal sealed record PeerRow(string Name, Work Work, Peer Peer, RowTarget? Target, Func<SideContext, ISide> Ours)
{
    /// <summary>What a whole model may take where the machine has AVX2 alone.</summary>
    private static readonly RowTarget s_wholeModelByAvx2 = new(0.95);

    /// <summary>A whole model, else a single operator.</summary>
    public bool IsModel { get; init; }

    /// <summary>Whether it writes about as much as it reads: bounded by copies, not by reads.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Exponentials between its multiply-adds, on the same ports of the processor: those of an attention.</summary>
    public double Exponentials { get; init; }

    /// <summary>Equal pieces of a run that a time is given for: the matrices of a ring.</summary>
    public int Pieces { get; init; } = 1;

    /// <summary>Targets that depend on which of the peer's candidates runs; the others have <see cref="Target"/>.</summary>
    public IReadOnlyDictionary<string, RowTarget> CandidateTargets { get; init; } = new Dictionary<string, RowTarget>();

    /// <summary>Rows that the products of a run have: tokens, patches, queries; 0 where it has no products.</summary>
    public int ProductRows { get; init; }

    /// <summary>The ratio to reach; null: none.</summary>
    public double? TargetOf(string candidate, int threads, InstructionSet set)
    {
        var target = set switch
        {
            InstructionSet.Avx512 => CandidateTargets.GetValueOrDefault(candidate) ?? Target,
            InstructionSet.Avx2 when IsModel => s_wholeModelByAvx2,
            InstructionSet.Avx2ByChoice when Work.IsMemoryBound => CandidateTargets.GetValueOrDefault(candidate) ?? Target,
            _ => null,
        };
        return target?.On(threads);
    }

    /// <summary>The part of the multiply-add loop to reach where there is no ratio to reach; null: none.</summary>
    public double? FmaShareOf(InstructionSet set) =>
        set == InstructionSet.Avx2ByChoice && !Work.IsMemoryBound && ProductRows >= 128 ? 0.85 : null;

    /// <summary>Whether --rows asks for it: by its name or by what its name begins with.</summary>
    public bool IsAskedBy(string word) => Name.StartsWith(word, StringComparison.OrdinalIgnoreCase);
}
