namespace GpuTransformer.Generation;

/// <summary>A sequence while it is made; its memory is all there from the start.</summary>
internal sealed class GrowingSequence
{
    private readonly int[] _ids;
    private readonly float[] _logProbs;
    private readonly int[] _source;
    private readonly int _promptLength;

    public GrowingSequence(GenerationCall call, int input, int answer)
    {
        var prompt = call.Prompts[input];
        (Input, Answer, MaxLength, Length) = (input, answer, call.MaxLengths[input], prompt.Length);
        _promptLength = prompt.Length;
        _ids = new int[MaxLength];
        prompt.CopyTo(_ids, 0);
        _logProbs = call.Settings.KeepsLogProbs ? new float[MaxLength] : [];
        _source = call.Source(input);
    }

    public int Input { get; }

    /// <summary>Which of the input's answers.</summary>
    public int Answer { get; }

    public int MaxLength { get; }

    public int Length { get; private set; }

    /// <summary>Tokens made.</summary>
    public int Made => Length - _promptLength;

    /// <summary>Why it ended; null while it grows.</summary>
    public FinishReason? Finished { get; set; }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Length);

    /// <summary>A log-probability a token made; empty where none are kept.</summary>
    public ReadOnlySpan<float> LogProbs => _logProbs.Length == 0 ? [] : _logProbs.AsSpan(0, Made);

    public SequenceSoFar SoFar => new() { Ids = Ids, PromptLength = _promptLength, MaxLength = MaxLength, Source = _source };

    public void Append(int id, float logProb)
    {
        if (_logProbs.Length > 0)
        {
            _logProbs[Made] = logProb;
        }

        _ids[Length++] = id;
    }

    /// <summary>Becomes what another sequence of the same input is.</summary>
    public void CopyFrom(GrowingSequence other)
    {
        other.Ids.CopyTo(_ids);
        other.LogProbs.CopyTo(_logProbs);
        Length = other.Length;
    }
}
