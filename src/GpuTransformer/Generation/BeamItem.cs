using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>The beams of one input: those that run, and the best that have ended. Scores are float32 with transformers'
/// large negative number for what must not win, so that the same sequences come out.</summary>
internal sealed class BeamItem
{
    private const float Lost = -1e9f;

    private readonly GenerationCall _call;
    private readonly int _input;
    private readonly int _beams;
    private readonly int _promptLength;
    private readonly BestCandidates _candidates;
    private readonly BestCandidates _places;
    private readonly bool[] _ends;
    private readonly float[] _probabilities;
    private readonly float[] _scores;
    private readonly int[] _parents;
    private GrowingSequence[] _running;
    private GrowingSequence[] _spare;
    private Ended[] _ended;
    private Ended[] _spareEnded;
    private int _first;
    private int[] _scratch = [];
    private bool _isAtStart = true;
    private bool _mayImprove = true;

    public BeamItem(GenerationCall call, int input)
    {
        (_call, _input, _first, _beams) = (call, input, input, call.Settings.NumBeams);
        _promptLength = call.Prompts[input].Length;

        // With a candidate for each beam and stop token there are enough left to run on.
        var kept = Math.Max(2, 1 + call.Settings.Eos.Length) * _beams;
        if (kept > (long)_beams * call.VocabSize)
        {
            throw GenerationOptions.Wrong("eos_token_id", $"fewer ids than the vocabulary's {call.VocabSize}", $"{call.Settings.Eos.Length}");
        }

        (_candidates, _places, _ends) = (new BestCandidates(kept), new BestCandidates(_beams), new bool[kept]);
        (_scores, _parents, _probabilities) = (new float[_beams], new int[_beams], new float[call.VocabSize]);
        _running = [.. Enumerable.Range(0, _beams).Select(_ => new GrowingSequence(call, input, 0))];
        _spare = [.. Enumerable.Range(0, _beams).Select(_ => new GrowingSequence(call, input, 0))];
        _ended = [.. Enumerable.Range(0, _beams).Select(_ => new Ended(Lost, false, call.Prompts[input], []))];
        _spareEnded = new Ended[_beams];

        // All beams are the prompt; only the first may be continued, so that they become different.
        _scores.AsSpan(1).Fill(Lost);
    }

    /// <summary>Whether nothing can change any more.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Ranks what may follow, ends what ends, and chooses the beams that run on.</summary>
    public void Step(IDecoding decoding)
    {
        RankCandidates(decoding);
        var allEnd = true;
        for (var place = 0; place < _candidates.Count; place++)
        {
            allEnd &= _ends[place] = Ends(_candidates[place].Beam, _candidates[place].Id);
        }

        var made = _running[0].Made + 1;
        TakeEnded(decoding, made);
        ChooseRunning(decoding);
        _mayImprove &= CanImprove(made);
        var isFull = _ended.All(ended => ended.IsFinished);
        IsDone = !_mayImprove || (isFull && _call.Settings.EarlyStopping == EarlyStopping.True) || allEnd;
    }

    /// <summary>Says how the decoding goes on: for each beam the sequence it comes from and its token.</summary>
    /// <param name="first">Where the beams stand afterwards.</param>
    /// <param name="sources">Filled.</param>
    /// <param name="next">Filled.</param>
    public void Continue(int first, Span<int> sources, Span<int> next)
    {
        for (var beam = 0; beam < _beams; beam++)
        {
            sources[beam] = SequenceOf(_parents[beam]);
            next[beam] = _running[beam].Ids[^1];
        }

        _first = first;
        _isAtStart = false;
    }

    /// <summary>The best that have ended, best first.</summary>
    public IEnumerable<GenerationResult> Results() => _ended
        .Take(_call.Settings.NumReturnSequences)
        .Select(ended => _call.Result(
            _input,
            ended.Ids,
            _call.Ends(ended.Ids, _running[0].MaxLength) ?? FinishReason.Length,
            ended.Score,
            ended.LogProbs));

    // Before the first step the decoding has one sequence for all beams.
    private int SequenceOf(int beam) => _isAtStart ? _first : _first + beam;

    private void RankCandidates(IDecoding decoding)
    {
        _candidates.Clear();
        for (var beam = 0; beam < _beams; beam++)
        {
            if (beam == 0 || !_isAtStart)
            {
                decoding.Logits(SequenceOf(beam)).CopyTo(_probabilities);
                LogSoftmax.Apply(_probabilities);
                _call.Apply(_running[beam].SoFar, _probabilities);
            }

            for (var id = 0; id < _probabilities.Length; id++)
            {
                var score = _probabilities[id] + _scores[beam];
                if (float.IsNaN(score))
                {
                    throw new InputException($"logits: the score of token {id} is NaN.");
                }

                _candidates.Offer(_call.Settings.DoSample ? score + Gumbel(beam, id) : score, score, beam, id);
            }
        }
    }

    // The best sums of log-probability and Gumbel noise are a draw without replacement (Vieira 2014; Kool et al. 2019,
    // arXiv:1903.06059).
    private float Gumbel(int beam, int id)
    {
        const double half = 1.0 / (1UL << 54);
        var draw = (ulong)beam * (uint)_probabilities.Length + (uint)id;
        var uniform = Philox.Uniform(_call.Settings.Seed, _call.Stream(_input, 0), (uint)_running[0].Made, draw) + half;
        return (float)-Math.Log(-Math.Log(uniform));
    }

    private bool Ends(int beam, int id)
    {
        var ids = _running[beam].Ids;
        if (_scratch.Length <= ids.Length)
        {
            _scratch = new int[2 * ids.Length];
        }

        ids.CopyTo(_scratch);
        _scratch[ids.Length] = id;
        return _call.Ends(_scratch.AsSpan(0, ids.Length + 1), _running[beam].MaxLength) is not null;
    }

    // Only what ends among the best as many candidates as there are beams gets a place.
    private void TakeEnded(IDecoding decoding, int made)
    {
        var settings = _call.Settings;
        var isClosed = settings.EarlyStopping == EarlyStopping.True && _ended.All(ended => ended.IsFinished);
        var length = (float)Math.Pow(made, settings.LengthPenalty);
        _places.Clear();
        for (var place = 0; place < _beams; place++)
        {
            _places.Offer(_ended[place].Score, _ended[place].Score, place, 0);
        }

        for (var place = 0; place < _candidates.Count; place++)
        {
            var score = _candidates[place].Score / length;
            score += isClosed ? Lost : 0;
            score += _mayImprove ? 0 : Lost;
            score += _ends[place] && place < _beams ? 0 : Lost;
            _places.Offer(score, score, _beams + place, 0);
        }

        for (var i = 0; i < _beams; i++)
        {
            var (_, score, from, _) = _places[i];
            _spareEnded[i] = from < _beams ? _ended[from] : EndedOf(decoding, from - _beams, score);
        }

        (_ended, _spareEnded) = (_spareEnded, _ended);
    }

    private Ended EndedOf(IDecoding decoding, int place, float score)
    {
        var (_, _, beam, id) = _candidates[place];
        var sequence = _running[beam];
        return new Ended(
            score,
            _ends[place] && place < _beams,
            [.. sequence.Ids, id],
            _call.Settings.KeepsLogProbs ? [.. sequence.LogProbs, LogSoftmax.Of(decoding.Logits(SequenceOf(beam)), id)] : []);
    }

    private void ChooseRunning(IDecoding decoding)
    {
        _places.Clear();
        for (var place = 0; place < _candidates.Count; place++)
        {
            var score = _candidates[place].Score + (_ends[place] ? Lost : 0);
            _places.Offer(score, score, place, 0);
        }

        for (var beam = 0; beam < _beams; beam++)
        {
            var (_, score, place, _) = _places[beam];
            var (_, _, parent, id) = _candidates[place];
            (_scores[beam], _parents[beam]) = (score, parent);
            _spare[beam].CopyFrom(_running[parent]);
            _spare[beam].Append(id, _call.Settings.KeepsLogProbs ? LogSoftmax.Of(decoding.Logits(SequenceOf(parent)), id) : 0);
        }

        (_running, _spare) = (_spare, _running);
    }

    // Whether the best running beam could still beat the worst that has ended; exact with "never" alone.
    private bool CanImprove(int made)
    {
        var settings = _call.Settings;
        var length = settings.EarlyStopping == EarlyStopping.Never && settings.LengthPenalty > 0
            ? _running[0].MaxLength - _promptLength
            : made;
        var best = _scores[0] / (float)Math.Pow(length, settings.LengthPenalty);
        var worst = _ended.Min(ended => ended.Score);
        return _ended.Any(ended => best > (ended.IsFinished ? worst : Lost));
    }

    private sealed record Ended(float Score, bool IsFinished, int[] Ids, float[] LogProbs);
}
