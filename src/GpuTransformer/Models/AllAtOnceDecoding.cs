using GpuTransformer.Generation;
using GpuTransformer.Kernels;

namespace GpuTransformer.Models;

/// <summary>A decoder that answers all at once, seen token by token: the logits of every place are computed at the start,
/// and a token that is appended only moves its sequence one place on. Its text ends at the first stop token.</summary>
internal sealed class AllAtOnceDecoding : IDecoding
{
    private readonly float[] _all;
    private readonly LogitRows _logits;
    private readonly int _places;
    private readonly int _stop;
    private int[] _texts;
    private int[] _lengths;

    /// <param name="outputs">The model's outputs, one text a prompt: logits [texts, places, vocabulary].</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="stop">The stop token, which follows the last place.</param>
    public AllAtOnceDecoding(HostTensor outputs, DecodingRequest request, int stop)
    {
        _all = outputs.Floats;
        _stop = stop;
        _places = outputs.Size(1, 3);
        VocabSize = outputs.Size(2, 3);
        var sequences = Math.Max(request.Sequences, request.Prompts.Count);
        _logits = new LogitRows(sequences, VocabSize);
        _texts = [.. Enumerable.Range(0, request.Prompts.Count)];
        _lengths = [.. request.Prompts.Select(p => p.Length)];
        Fill();
    }

    /// <inheritdoc/>
    public int VocabSize { get; }

    /// <inheritdoc/>
    public int Sequences => _texts.Length;

    /// <inheritdoc/>
    public Span<float> Logits(int sequence) => _logits[sequence];

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<int> ids)
    {
        if (ids.Length != Sequences)
        {
            throw new ShapeException($"{ids.Length} ids for {Sequences} sequences.");
        }

        for (var s = 0; s < ids.Length; s++)
        {
            if (_lengths[s] > _places)
            {
                throw new InputException($"sequence {s}: more than {_places + 1} tokens.");
            }

            _lengths[s]++;
        }

        Fill();
    }

    /// <inheritdoc/>
    public void Reorder(ReadOnlySpan<int> source)
    {
        var (texts, lengths) = (_texts, _lengths);
        var order = source.ToArray();
        _logits.Reorder(source);
        _texts = [.. order.Select(s => texts[s])];
        _lengths = [.. order.Select(s => lengths[s])];
    }

    public void Dispose()
    {
    }

    private void Fill()
    {
        var rows = _logits.Rewrite(Sequences);
        for (var s = 0; s < Sequences; s++)
        {
            var row = rows.Slice(s * VocabSize, VocabSize);
            var place = _lengths[s] - 1;
            if (place < _places)
            {
                _all.AsSpan((_texts[s] * _places + place) * VocabSize, VocabSize).CopyTo(row);
                continue;
            }

            row.Fill(float.NegativeInfinity);
            row[_stop] = 0f;
        }
    }
}
