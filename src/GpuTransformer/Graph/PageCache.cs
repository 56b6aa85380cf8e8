using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>Hands out the pages of a key space to sequences as they grow. Sequences that began alike share their pages,
/// which are counted; one that goes on from a page that another still reads gets a copy of that page alone (copy on write:
/// Kwon et al. 2023, arXiv:2309.06180, 4.4). Memory follows what the sequences hold. The order of use is
/// <see cref="Append"/> for each sequence that has new tokens, <see cref="Prepare"/>, the run.</summary>
internal sealed class PageCache : IDisposable
{
    private readonly KeySpace _space;
    private readonly KeyValueStore _store;
    private readonly Program _program;
    private readonly int[] _pages;
    private readonly int[] _reordered;
    private readonly int[] _lengths;
    private readonly int[] _reorderedLengths;
    private readonly int[] _references;
    private readonly int[] _free;
    private readonly int[] _copies;
    private int _freeCount;
    private int _fresh;
    private int _copyCount;
    private Session? _copier;
    private RowSpace? _copyRows;
    private IntTable? _copyTable;

    /// <param name="program">Declares the caches of the space; other programs over the same store may use them too.</param>
    /// <param name="space">The key space: its sequences, their longest length and its most pages are the limits.</param>
    /// <param name="store">Where the pages are; it may begin with few.</param>
    public PageCache(Program program, KeySpace space, KeyValueStore store)
    {
        (_program, _space, _store) = (program, space, store);
        _pages = new int[space.Sequences * space.PagesPerSequence];
        _reordered = new int[_pages.Length];
        _lengths = new int[space.Sequences];
        _reorderedLengths = new int[space.Sequences];
        _references = new int[space.Pages];
        _free = new int[space.Pages];
        _copies = new int[2 * space.Sequences];
    }

    /// <summary>Sequences that are alive, from 0 on.</summary>
    public int Sequences { get; private set; }

    /// <summary>Pages that sequences hold.</summary>
    public int PagesInUse => _fresh - _freeCount;

    /// <summary>Tokens of a sequence.</summary>
    public int Length(int sequence) => _lengths[sequence];

    /// <summary>Begins an empty sequence.</summary>
    /// <exception cref="ShapeException">There are as many as the space was made for.</exception>
    public int Begin()
    {
        if (Sequences == _space.Sequences)
        {
            throw new ShapeException($"{_space.Name}: more than {_space.Sequences} sequences.");
        }

        _lengths[Sequences] = 0;
        return Sequences++;
    }

    /// <summary>Makes room for tokens at the end of a sequence.</summary>
    /// <returns>The slot of the first of them.</returns>
    /// <exception cref="ShapeException">More slots or pages than the space was made for.</exception>
    public int Append(int sequence, int tokens)
    {
        var first = _lengths[sequence];
        if (tokens < 0 || tokens > _space.SlotsPerSequence - first)
        {
            throw new ShapeException(
                $"{_space.Name}: {first} and {tokens} more keys, made for up to {_space.SlotsPerSequence} a sequence.");
        }

        if (tokens == 0)
        {
            return first;
        }

        var list = _pages.AsSpan(sequence * _space.PagesPerSequence, _space.PagesPerSequence);
        var held = PagesFor(first);
        if (first % PagedKeys.PageTokens != 0 && _references[list[held - 1]] > 1)
        {
            list[held - 1] = CopyOf(list[held - 1]);
        }

        var needed = PagesFor(first + tokens);
        for (var p = held; p < needed; p++)
        {
            list[p] = Take();
        }

        _lengths[sequence] = first + tokens;
        return first;
    }

    /// <summary>Sequence i goes on as what sequence source[i] was; those that no entry names end.</summary>
    public void Reorder(ReadOnlySpan<int> source)
    {
        if (source.Length > _space.Sequences)
        {
            throw new ShapeException($"{_space.Name}: {source.Length} sequences, made for up to {_space.Sequences}.");
        }

        if (_copyCount > 0)
        {
            throw new InvalidOperationException($"{_space.Name}: tokens were appended and not run before the reorder.");
        }

        for (var s = 0; s < source.Length; s++)
        {
            if ((uint)source[s] >= (uint)Sequences)
            {
                throw new ShapeException($"{_space.Name}: sequence {source[s]} of {Sequences}.");
            }

            var pages = PagesOf(source[s]);
            foreach (var page in pages)
            {
                _references[page]++;
            }

            pages.CopyTo(_reordered.AsSpan(s * _space.PagesPerSequence));
            _reorderedLengths[s] = _lengths[source[s]];
        }

        for (var s = 0; s < Sequences; s++)
        {
            Release(PagesOf(s));
        }

        Sequences = source.Length;
        _reorderedLengths.AsSpan(0, Sequences).CopyTo(_lengths);
        for (var s = 0; s < Sequences; s++)
        {
            _reordered.AsSpan(s * _space.PagesPerSequence, PagesFor(_lengths[s])).CopyTo(_pages.AsSpan(s * _space.PagesPerSequence));
        }
    }

    /// <summary>Ends all sequences.</summary>
    public void Clear() => Reorder([]);

    /// <summary>Before a run: grows the store where pages were taken beyond it, copies pages that are no longer shared, and
    /// fills the page table of the session.</summary>
    /// <param name="session">What runs next.</param>
    /// <param name="space">The key space under which its program knows the pages.</param>
    public void Prepare(Session session, KeySpace space)
    {
        if (_fresh > _store.Pages(_space))
        {
            _store.Synchronize();
            _store.Grow(_space, _fresh);
        }

        if (_copyCount > 0)
        {
            _store.Synchronize();
            RunCopies(session);
        }

        var table = session.Table(space.PageTable);
        for (var s = 0; s < Sequences; s++)
        {
            PagesOf(s).CopyTo(table[(s * space.PagesPerSequence)..]);
        }
    }

    public void Dispose() => _copier?.Dispose();

    private static int PagesFor(int tokens) => (tokens + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens;

    private Span<int> PagesOf(int sequence) =>
        _pages.AsSpan(sequence * _space.PagesPerSequence, PagesFor(_lengths[sequence]));

    private int CopyOf(int shared)
    {
        var page = Take();
        _references[shared]--;
        _copies[2 * _copyCount] = shared;
        _copies[2 * _copyCount + 1] = page;
        _copyCount++;
        return page;
    }

    private int Take()
    {
        if (_freeCount == 0 && _fresh == _space.Pages)
        {
            throw new ShapeException($"{_space.Name}: more than {_space.Pages} pages.");
        }

        var page = _freeCount > 0 ? _free[--_freeCount] : _fresh++;
        _references[page] = 1;
        return page;
    }

    private void Release(ReadOnlySpan<int> pages)
    {
        foreach (var page in pages)
        {
            if (--_references[page] == 0)
            {
                _free[_freeCount++] = page;
            }
        }
    }

    /// <summary>One launch a layer, made when sequences first part: greedy decoding never needs it.</summary>
    private void RunCopies(Session session)
    {
        if (_copier is null)
        {
            var graph = new GraphBuilder($"{_program.Name} page copies");
            _copyRows = graph.Rows("copies", _space.Sequences);
            _copyTable = graph.Table("copies", 2 * _space.Sequences);
            foreach (var cache in _program.Caches.Where(c => c.Space == _space))
            {
                graph.CopyPages(cache, _copyRows, _copyTable);
            }

            _copier = new Session(graph.Build(), session.Kernels, _store, session.Trace);
        }

        _copies.AsSpan(0, 2 * _copyCount).CopyTo(_copier.Table(_copyTable!));
        _copier.SetRows(_copyRows!, _copyCount);
        _copyCount = 0;
        _copier.Run();
        _store.Synchronize();
    }
}
