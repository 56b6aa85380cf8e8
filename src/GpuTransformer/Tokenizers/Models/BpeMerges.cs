using System.Numerics;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>Which pairs of tokens merge, in what order and into what: a table with open addressing, whose hash has a seed
/// of the process, so that no file can choose ids that all fall into one place.</summary>
internal sealed class BpeMerges
{
    private const ulong Free = ulong.MaxValue;
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;
    private static readonly ulong SecondSeed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly ulong[] _pairs;
    private readonly (int Rank, int Id)[] _merges;
    private readonly int _shift;

    /// <summary>Makes room for as many merges as there will be.</summary>
    public BpeMerges(int count)
    {
        int bits = BitOperations.Log2((uint)Math.Max(8, (long)count * 3 / 2)) + 1;
        _shift = 64 - bits;
        _pairs = new ulong[1 << bits];
        Array.Fill(_pairs, Free);
        _merges = new (int, int)[1 << bits];
    }

    /// <summary>Notes a merge; of two of one pair the later counts.</summary>
    public void Set(int left, int right, int rank, int id)
    {
        int place = PlaceOf(PairOf(left, right));
        _pairs[place] = PairOf(left, right);
        _merges[place] = (rank, id);
    }

    /// <summary>The rank of a pair's merge and what it gives.</summary>
    public bool TryGet(int left, int right, out int rank, out int id)
    {
        int place = PlaceOf(PairOf(left, right));
        (rank, id) = _merges[place];
        return _pairs[place] != Free;
    }

    private static ulong PairOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    // The pair's place, or the free one where it would stand: the table is never full.
    private int PlaceOf(ulong pair)
    {
        ulong hash = (pair ^ SecondSeed) * Seed;
        hash ^= hash >> 32;
        int place = (int)((hash * Seed) >> _shift);
        while (_pairs[place] != Free && _pairs[place] != pair)
        {
            place = (place + 1) & (_pairs.Length - 1);
        }
        return place;
    }
}
