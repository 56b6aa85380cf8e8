using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>Keys and values in pages, and attention over them.</summary>
internal sealed partial class GraphBuilder
{
    /// <summary>Writes keys and values of a layer into pages.</summary>
    /// <param name="persistent">The pages outlive the run (a cache); else they live in the arena, and the rows of a sequence
    /// follow each other.</param>
    public LayerKeys WriteKeys(
        string layer, GraphTensor key, GraphTensor value, KeySpace space, IntTable writeTable, int numKvHeads, bool persistent)
    {
        Expect(layer, "value", value, key.Rows, key.Width);
        if (key.Width % numKvHeads != 0)
        {
            throw new ShapeException($"{layer}: key {key} does not divide into {numKvHeads} heads.");
        }

        var keys = DeclareKeys(layer, space, numKvHeads, key.Width / numKvHeads, persistent);
        var own = new OwnKeys(key, value, writeTable);
        var written = persistent ? keys : keys with { Own = own };
        var write = new Node<KeyValueWriteArgs>(
            layer, [key.Tensor, value.Tensor], [keys.Keys, keys.Values], k => k.KeyValueWrite, s => WriteArgs(s, keys, own));

        // Nothing to write where attention reads the rows themselves.
        _nodes.Add(new ChosenNode(k => NeedsPages(k, written) ? write : null));
        return written;
    }

    /// <summary>Names the pages of a layer that another program has written.</summary>
    public LayerKeys DeclareKeys(string layer, KeySpace space, int numKvHeads, int headDim, bool persistent)
    {
        var elements = checked((long)space.Pages * numKvHeads * headDim * PagedKeys.PageTokens);
        var place = persistent ? TensorPlace.Persistent : TensorPlace.Arena;
        var keys = new LayerKeys(
            space,
            Block($"{layer}.keys", elements, place, space),
            Block($"{layer}.values", elements, place, space),
            numKvHeads,
            headDim);
        if (persistent)
        {
            _caches.Add(keys);
        }

        return keys;
    }

    /// <summary>Copies pages of a layer's cache, which another program has declared, as a table of (from, to) says.</summary>
    public void CopyPages(LayerKeys cache, RowSpace copies, IntTable table)
    {
        // Under the same names the store finds the same memory.
        var keys = Block(cache.Keys.Name, cache.Keys.Elements, TensorPlace.Persistent, cache.Space);
        var values = Block(cache.Values.Name, cache.Values.Elements, TensorPlace.Persistent, cache.Space);
        var pageElements = cache.NumKvHeads * cache.HeadDim * PagedKeys.PageTokens;
        _nodes.Add(new Node<PageCopyArgs>(
            cache.Keys.Name, [keys, values], [keys, values], k => k.PageCopy, s => new PageCopyArgs
            {
                Keys = s.BlockOf(keys),
                Values = s.BlockOf(values),
                CopyTable = s.TableView(table),
                Pages = s.Store.Pages(cache.Space),
                PageElements = pageElements,
                Copies = s.Active(copies),
            }));
    }

    /// <summary>Attention of the queries over the keys that each row sees.</summary>
    /// <param name="layer">The layer, as messages name it.</param>
    /// <param name="query">[queries, numHeads · headDim].</param>
    /// <param name="keys">Written before.</param>
    /// <param name="sees">Which slots each row sees.</param>
    /// <param name="numHeads">Query heads.</param>
    /// <param name="scale">Factor on q·k; null: 1/√headDim.</param>
    public GraphTensor Attention(
        string layer, GraphTensor query, LayerKeys keys, Visibility sees, int numHeads, float? scale = null) =>
        Attention(layer, query, keys, sees, numHeads, scale, default(PlainScore));

    /// <summary>Attention whose scaled scores go through a policy before the softmax.</summary>
    /// <inheritdoc cref="Attention(string, GraphTensor, LayerKeys, Visibility, int, float?)"/>
    public GraphTensor Attention<TScore>(
        string layer, GraphTensor query, LayerKeys keys, Visibility sees, int numHeads, float? scale, TScore score)
        where TScore : struct, IScorePolicy =>
        Attention(layer, query, keys, sees, numHeads, scale, _ => score);

    /// <summary>Attention whose scaled scores go through a policy that is made where the session's memory is known: one
    /// that holds views.</summary>
    /// <inheritdoc cref="Attention(string, GraphTensor, LayerKeys, Visibility, int, float?)"/>
    public GraphTensor Attention<TScore>(
        string layer, GraphTensor query, LayerKeys keys, Visibility sees, int numHeads, float? scale, Func<Session, TScore> score)
        where TScore : struct, IScorePolicy
    {
        Expect(layer, "query", query, sees.Queries, numHeads * keys.HeadDim);
        var y = Tensor(layer, query.Rows, query.Width);
        AttentionArgs<TScore> Arguments(Session s) => new()
        {
            Query = s.RowsIn(query),
            Output = s.RowsIn(y),
            Pages = PagesOf(s, keys),
            RowTable = s.TableView(sees.RowTable),
            BlockTable = s.TableView(sees.BlockTable),
            Blocks = ActiveRows.FromState(s.StateView, sees.BlockSlot, sees.BlockCapacity),
            BlockRows = sees.BlockRows,
            NumHeads = numHeads,
            Scale = scale ?? 1f / MathF.Sqrt(keys.HeadDim),
            Score = score(s),
        };
        var paged = new Node<AttentionArgs<TScore>>(
            layer, [query.Tensor, keys.Keys, keys.Values], [y.Tensor], k => k.Attention.With<TScore>(), Arguments);
        if (keys.Own is not { } own || own.Key.Rows != sees.Queries)
        {
            _readPages.Add(keys.Keys);
            _nodes.Add(paged);
            return y;
        }

        var direct = new Node<OwnKeysAttentionArgs<TScore>>(
            layer,
            [query.Tensor, own.Key.Tensor, own.Value.Tensor],
            [y.Tensor],
            k => k.Attention.With<TScore>().OverOwnKeys,
            s => new OwnKeysAttentionArgs<TScore> { Attention = Arguments(s), Write = WriteArgs(s, keys, own) });
        _nodes.Add(new ChosenNode(k => NeedsPages(k, keys) ? paged : direct));
        return y;
    }

    /// <summary>The attention weights themselves, [queries, numHeads · slots], as an extra output for looking at.</summary>
    public GraphTensor AttentionMap(
        string layer, GraphTensor query, LayerKeys keys, Visibility sees, int numHeads, float? scale = null)
    {
        Expect(layer, "query", query, sees.Queries, numHeads * keys.HeadDim);
        _readPages.Add(keys.Keys);
        var slots = keys.Space.SlotsPerSequence;
        var y = Tensor($"{layer}.map", query.Rows, numHeads * slots);
        Add(layer, [query], y, k => k.AttentionMap, s => new AttentionMapArgs
        {
            Query = s.RowsIn(query),
            Pages = PagesOf(s, keys),
            RowTable = s.TableView(sees.RowTable),
            Rows = s.Active(query.Rows),
            NumHeads = numHeads,
            Scale = scale ?? 1f / MathF.Sqrt(keys.HeadDim),
            Map = s.RowsIn(y),
            MapKeys = slots,
        }, keys.Keys, keys.Values);
        return y;
    }

    private static KeyValueWriteArgs WriteArgs(Session s, LayerKeys keys, OwnKeys own) => new()
    {
        Key = s.RowsIn(own.Key),
        Value = s.RowsIn(own.Value),
        Pages = PagesOf(s, keys),
        WriteTable = s.TableView(own.WriteTable),
        Rows = s.Active(own.Key.Rows),
    };

    /// <summary>Whether anything reads a layer's pages, through these kernels.</summary>
    private bool NeedsPages(KernelSet kernels, LayerKeys keys) =>
        keys.Own is null || _readPages.Contains(keys.Keys)
        || !OwnKeysAttention<PlainScore>.IsFor(kernels, keys.Space.SlotsPerSequence);

    private static PagedKeys PagesOf(Session s, LayerKeys keys) => new()
    {
        Keys = s.BlockOf(keys.Keys),
        Values = s.BlockOf(keys.Values),
        PageTable = s.TableView(keys.Space.PageTable),
        PagesPerSequence = keys.Space.PagesPerSequence,
        NumKvHeads = keys.NumKvHeads,
        HeadDim = keys.HeadDim,
    };
}
