namespace GpuTransformer.Generation;

/// <summary>Greedy search and sampling: each sequence takes one token a step, by itself. Sequences that have ended leave the
/// batch.</summary>
internal sealed class TokenSearch : IDisposable
{
    private readonly GenerationCall _call;
    private readonly IDecoding _decoding;
    private readonly GrowingSequence[] _sequences;
    private readonly List<GrowingSequence> _alive;
    private readonly int[] _next;
    private readonly int[] _kept;
    private readonly float[] _scores;

    public TokenSearch(GenerationCall call)
    {
        _call = call;
        var answers = call.Settings.NumReturnSequences;
        _sequences = [.. Enumerable.Range(0, call.Prompts.Count * answers).Select(i => new GrowingSequence(call, i / answers, i % answers))];
        _alive = [.. _sequences];
        _next = new int[_sequences.Length];
        _kept = new int[_sequences.Length];
        _scores = new float[call.VocabSize];
        _decoding = call.Start(answers);
        if (answers > 1)
        {
            _decoding.Reorder([.. _sequences.Select(sequence => sequence.Input)]);
        }
    }

    /// <summary>All sequences, those of an input together.</summary>
    public IReadOnlyList<GrowingSequence> Sequences => _sequences;

    /// <summary>Gives every sequence that has not ended its next token; false when none is left to grow. The model runs at
    /// the start of the next step, so that a token is out before the one after it is computed.</summary>
    public bool Step(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_alive.Count == 0)
        {
            return false;
        }

        if (_alive[0].Made > 0)
        {
            _decoding.Append(_next.AsSpan(0, _alive.Count));
        }

        for (var i = 0; i < _alive.Count; i++)
        {
            Grow(_alive[i], _decoding.Logits(i));
        }

        Leave();
        return true;
    }

    public void Dispose() => _decoding.Dispose();

    private void Grow(GrowingSequence sequence, ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_scores);
        var settings = _call.Settings;
        _call.Apply(sequence.SoFar, _scores);
        var id = settings.DoSample
            ? TokenDraw.Of(_scores, Philox.Uniform(settings.Seed, _call.Stream(sequence.Input, sequence.Answer), (uint)sequence.Made))
            : TokenDraw.Best(_scores);
        sequence.Append(id, settings.KeepsLogProbs ? LogSoftmax.Of(logits, id) : 0);
        sequence.Finished = _call.Ends(sequence.Ids, sequence.MaxLength);
    }

    private void Leave()
    {
        var count = 0;
        for (var i = 0; i < _alive.Count; i++)
        {
            if (_alive[i].Finished is null)
            {
                (_kept[count], _next[count]) = (i, _alive[i].Ids[^1]);
                count++;
            }
        }

        if (count < _alive.Count)
        {
            _alive.RemoveAll(sequence => sequence.Finished is not null);
            if (count > 0)
            {
                _decoding.Reorder(_kept.AsSpan(0, count));
            }
        }
    }
}
