namespace GpuTransformer.Generation;

/// <summary>A sequence while it is made.</summary>
internal sealed class GrowingSequence
{
    private const int Room = 64;

    private readonly int[] _source;
    private readonly int _promptLength;
    private readonly bool _keepsLogProbs;
    private int[] _ids;
    private float[] _logProbs;

    public GrowingSequence(GenerationCall call, int input, int answer)
    {
        var prompt = call.Prompts[input];
        (Input, Answer, MaxLength, Length) = (input, answer, call.MaxLengths[input], prompt.Length);
        _promptLength = prompt.Length;
        _keepsLogProbs = call.Settings.KeepsLogProbs;
        _ids = new int[RoomFor(Length)];
        prompt.CopyTo(_ids, 0);
        _logProbs = _keepsLogProbs ? new float[_ids.Length] : [];
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
    public ReadOnlySpan<float> LogProbs => _keepsLogProbs ? _logProbs.AsSpan(0, Made) : [];

    public SequenceSoFar SoFar => new() { Ids = Ids, PromptLength = _promptLength, MaxLength = MaxLength, Source = _source };

    public void Append(int id, float logProb)
    {
        Grow(Length + 1);
        if (_keepsLogProbs)
        {
            _logProbs[Made] = logProb;
        }

        _ids[Length++] = id;
    }

    /// <summary>Becomes what another sequence of the same input is.</summary>
    public void CopyFrom(GrowingSequence other)
    {
        Grow(other.Length);
        other.Ids.CopyTo(_ids);
        other.LogProbs.CopyTo(_logProbs);
        Length = other.Length;
    }

    private int RoomFor(int length) => (int)Math.Min(MaxLength, 2L * length + Room);

    private void Grow(int length)
    {
        if (length <= _ids.Length)
        {
            return;
        }

        Array.Resize(ref _ids, RoomFor(length));
        if (_keepsLogProbs)
        {
            Array.Resize(ref _logProbs, _ids.Length);
        }
    }
}
