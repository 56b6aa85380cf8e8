namespace GpuTransformer.Generation;

/// <summary>The best of many candidates, best first; of equals the one that came first.</summary>
internal sealed class BestCandidates(int capacity)
{
    private readonly (float Rank, float Score, int Beam, int Id)[] _best = new (float, float, int, int)[capacity];

    public int Count { get; private set; }

    public (float Rank, float Score, int Beam, int Id) this[int place] => _best[place];

    public void Clear() => Count = 0;

    /// <summary>Takes a candidate if it is among the best.</summary>
    public void Offer(float rank, float score, int beam, int id)
    {
        if (Count == capacity && !(rank > _best[Count - 1].Rank))
        {
            return;
        }

        Count = Math.Min(Count + 1, capacity);
        var at = Count - 1;
        while (at > 0 && rank > _best[at - 1].Rank)
        {
            _best[at] = _best[at - 1];
            at--;
        }

        _best[at] = (rank, score, beam, id);
    }
}
