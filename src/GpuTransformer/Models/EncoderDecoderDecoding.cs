using GpuTransformer.Generation;
using GpuTransformer.Kernels;

namespace GpuTransformer.Models;

/// <summary>Target sequences that grow over one run: the encoder has read the sources once, the memory's keys are shared
/// by all sequences of a source, and sequences that began alike share the pages of their own keys.</summary>
internal sealed class EncoderDecoderDecoding : IDecoding
{
    private readonly EncoderDecoderModel _model;
    private readonly EncoderDecoderRun _run;
    private readonly int _maxLength;
    private readonly int[] _reordered;
    private readonly LogitRows _logits;
    private readonly int[] _sources;
    private bool _isWhole;
    private bool _disposed;

    public EncoderDecoderDecoding(EncoderDecoderModel model, EncoderSource source, TokenBatch prompts, DecodingRequest request)
    {
        _model = model;
        _maxLength = Math.Min(request.MaxLength, model.MaxTargetLength);
        if (prompts.Length > _maxLength)
        {
            throw new InputException($"a decoder prompt of {prompts.Length} tokens, at most {_maxLength} were asked for.");
        }

        var sequences = Math.Max(request.Sequences, prompts.Batch);
        _sources = new int[sequences];
        _reordered = new int[sequences];
        _logits = new LogitRows(sequences, model.VocabularySize);
        var rows = Math.Max(sequences, checked(prompts.Batch * prompts.Length));
        _run = model.Rent(new EncoderDecoderSize(source.Batch, source.Length, sequences, rows, _maxLength, LastOnly: true));
        try
        {
            source.Encode(_run);
            ReadPrompts(prompts);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int VocabSize => _model.VocabularySize;

    /// <inheritdoc/>
    public int Sequences => _run.Cache.Sequences;

    /// <inheritdoc/>
    public Span<float> Logits(int sequence) => _logits[sequence];

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<int> ids)
    {
        CheckIds(ids);
        _isWhole = false;
        var rows = new DecoderRows(_run);
        for (var s = 0; s < ids.Length; s++)
        {
            var slot = _run.Cache.Append(s, 1);
            rows.Add(s, _sources[s], ids[s], slot, slot, slot + 1);
            rows.Select();
        }

        Finish(rows, ids.Length);
    }

    /// <inheritdoc/>
    public void Reorder(ReadOnlySpan<int> source)
    {
        _run.Cache.Reorder(source);
        _logits.Reorder(source);
        for (var s = 0; s < source.Length; s++)
        {
            _reordered[s] = _sources[source[s]];
        }

        _reordered.AsSpan(0, source.Length).CopyTo(_sources);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_isWhole)
        {
            _model.Return(_run);
        }
        else
        {
            // A pass failed half way: its tables are not to be used again.
            _run.Dispose();
        }
    }

    private void ReadPrompts(TokenBatch prompts)
    {
        var rows = new DecoderRows(_run);
        for (var s = 0; s < prompts.Batch; s++)
        {
            _sources[s] = s;
            var length = prompts.RealTokens(s);
            rows.Begin(s, length);
            for (var i = 0; i < length; i++)
            {
                rows.Add(s, s, prompts.Id(s, i), i, i, i + 1);
            }

            rows.Select();
        }

        Finish(rows, prompts.Batch);
    }

    private void Finish(in DecoderRows rows, int sequences)
    {
        rows.Run();
        _run.Decoder.Read(_run.Output, _logits.Rewrite(sequences));
        _isWhole = true;
    }

    /// <summary>Before anything is changed: a refused id leaves the decoding as it was.</summary>
    private void CheckIds(ReadOnlySpan<int> ids)
    {
        if (ids.Length != Sequences)
        {
            throw new ShapeException($"{ids.Length} ids for {Sequences} sequences.");
        }

        for (var s = 0; s < ids.Length; s++)
        {
            if ((uint)ids[s] >= (uint)VocabSize)
            {
                throw new InputException($"sequence {s}: id {ids[s]}, the vocabulary has {VocabSize}.");
            }

            if (_run.Cache.Length(s) == _maxLength)
            {
                throw new InputException($"sequence {s}: more than {_maxLength} tokens.");
            }
        }
    }
}
