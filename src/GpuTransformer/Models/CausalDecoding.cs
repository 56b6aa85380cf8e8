using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Models;

/// <summary>Sequences of a decoder that grow: prompts are read in runs of bounded rows, then one run appends a token to
/// every sequence. Sequences that began alike share pages.</summary>
internal sealed class CausalDecoding : IDecoding
{
    /// <summary>Pages that tables have room for: 268 million tokens.</summary>
    private const int MostPages = 1 << 24;

    private readonly CausalModel _model;
    private readonly int _maxLength;
    private readonly LogitRows _logits;
    private readonly KeyValueStore _store;
    private readonly CausalRun? _steps;
    private readonly PageCache _cache;

    public CausalDecoding(CausalModel model, DecodingRequest request)
    {
        var prompts = request.Prompts;
        Check(model, request);
        _model = model;
        _maxLength = Math.Min(request.MaxLength, model.LongestForward);
        _logits = new LogitRows(request.Sequences, model.VocabularySize);
        var steps = model.NewProgram("step", request.Sequences, request.Sequences, _maxLength, request.Sequences);
        var keys = steps.Space.Tokens.Keys;
        var pages = prompts.Sum(p => (long)p.Length / PagedKeys.PageTokens + 1);
        _store = new KeyValueStore(model.Device.Kernels, steps.Program, (keys, (int)Math.Min(keys.Pages, pages)));
        _cache = new PageCache(steps.Program, keys, _store);
        try
        {
            _steps = new CausalRun(model, steps, _store);
            ReadPrompts(prompts, request.Sequences);
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
    public int Sequences => _cache.Sequences;

    /// <inheritdoc/>
    public Span<float> Logits(int sequence) => _logits[sequence];

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<int> ids)
    {
        var longest = CheckIds(ids);
        var rows = _steps!.Begin(_cache, longest + 1);
        for (var s = 0; s < ids.Length; s++)
        {
            rows.Add(s, ids[s], _cache.Append(s, 1));
            rows.Select();
        }

        if (rows.Run() > 0)
        {
            _steps.ReadLogits(_logits.Rewrite(ids.Length));
        }
    }

    /// <inheritdoc/>
    public void Reorder(ReadOnlySpan<int> source)
    {
        _cache.Reorder(source);
        _logits.Reorder(source);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _steps?.Dispose();
        _store.Dispose();
    }

    private static void Check(CausalModel model, DecodingRequest request)
    {
        var most = Math.Min(request.MaxLength, model.LongestForward);
        if (request.Prompts.Count == 0 || request.Prompts.Any(p => p.Length == 0))
        {
            throw new InputException($"prompts: {request.Prompts.Count} texts, at least one with at least one id each is needed.");
        }

        if (request.Prompts.Count > request.Sequences)
        {
            throw new ShapeException($"{request.Prompts.Count} prompts, made for up to {request.Sequences} sequences.");
        }

        for (var s = 0; s < request.Prompts.Count; s++)
        {
            if (request.Prompts[s].Length > most)
            {
                throw new InputException($"prompt {s} has {request.Prompts[s].Length} tokens, at most {most} fit.");
            }
        }

        var pages = (most / PagedKeys.PageTokens + 1L) * request.Sequences;
        if (pages > MostPages || (long)request.Sequences * model.VocabularySize > Array.MaxLength)
        {
            throw new InputException(
                $"{request.Sequences} sequences of up to {most} tokens over a vocabulary of {model.VocabularySize}: more than can be held.");
        }

        TokenBatch.Of(request.Prompts, "prompt", model.VocabularySize);
    }

    private void ReadPrompts(IReadOnlyList<int[]> prompts, int sequences)
    {
        var rows = (int)Math.Min(CausalModel.PrefillRows, prompts.Sum(p => (long)p.Length));
        var program = _model.NewProgram("prefill", rows, sequences, _maxLength, Math.Min(rows, prompts.Count));
        using var prefill = new CausalRun(_model, program, _store);
        var (done, width) = (0, VocabSize);
        foreach (var _ in prompts)
        {
            _cache.Begin();
        }

        prefill.Read(_cache, prompts, everyRow: false, selected =>
        {
            if (selected > 0)
            {
                prefill.ReadLogits(_logits.Rewrite(prompts.Count).Slice(done * width, selected * width));
                done += selected;
            }
        });
    }

    /// <summary>Before anything is changed: a refused id leaves the decoding as it was.</summary>
    /// <returns>Tokens of the longest sequence.</returns>
    private int CheckIds(ReadOnlySpan<int> ids)
    {
        if (ids.Length != Sequences)
        {
            throw new ShapeException($"{ids.Length} ids for {Sequences} sequences.");
        }

        var longest = 0;
        for (var s = 0; s < ids.Length; s++)
        {
            if ((uint)ids[s] >= (uint)VocabSize)
            {
                throw new InputException($"sequence {s}: id {ids[s]}, the vocabulary has {VocabSize}.");
            }

            if (_cache.Length(s) == _maxLength)
            {
                throw new InputException($"sequence {s}: more than {_maxLength} tokens.");
            }

            longest = Math.Max(longest, _cache.Length(s));
        }

        return longest;
    }
}
