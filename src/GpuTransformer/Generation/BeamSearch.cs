namespace GpuTransformer.Generation;

/// <summary>Beam search over all inputs at once, as transformers 5 does it (_beam_search of generation/utils.py): candidates
/// of all beams are ranked together, those that end compete for a place among the finished, the others run on. Inputs that
/// have ended leave the batch.</summary>
internal sealed class BeamSearch : IDisposable
{
    private readonly GenerationCall _call;
    private readonly IDecoding _decoding;
    private readonly BeamItem[] _items;
    private readonly int[] _sources;
    private readonly int[] _next;

    public BeamSearch(GenerationCall call)
    {
        _call = call;
        var beams = call.Settings.NumBeams;
        _items = [.. Enumerable.Range(0, call.Prompts.Count).Select(input => new BeamItem(call, input))];
        _sources = new int[_items.Length * beams];
        _next = new int[_sources.Length];
        _decoding = call.Start(beams);
    }

    /// <summary>Runs to the end.</summary>
    public List<GenerationResult> Run(CancellationToken cancellation)
    {
        var running = _items.ToList();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var item in running)
            {
                item.Step(_decoding);
            }

            running.RemoveAll(item => item.IsDone);
            if (running.Count == 0)
            {
                return [.. _items.SelectMany(item => item.Results())];
            }

            Continue(running);
        }
    }

    public void Dispose() => _decoding.Dispose();

    private void Continue(List<BeamItem> running)
    {
        var beams = _call.Settings.NumBeams;
        for (var i = 0; i < running.Count; i++)
        {
            running[i].Continue(i * beams, _sources.AsSpan(i * beams, beams), _next.AsSpan(i * beams, beams));
        }

        _decoding.Reorder(_sources.AsSpan(0, running.Count * beams));
        _decoding.Append(_next.AsSpan(0, running.Count * beams));
    }
}
