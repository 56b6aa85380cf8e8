using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Sessions of an encoder and of a decoder over one set of caches, for a capacity. Keys and values of the
/// memory are computed once a source; any number of the decoder's sequences read those of one source.</summary>
internal sealed class EncoderDecoderRun : IDisposable
{
    private readonly IEncoderDecoderGraph _graph;
    private readonly int[] _slots;
    private readonly KeyValueStore _store;

    /// <param name="name">Name of the programs.</param>
    /// <param name="size">The capacity.</param>
    /// <param name="graph">The family.</param>
    /// <param name="device">Where it runs.</param>
    public EncoderDecoderRun(string name, EncoderDecoderSize size, IEncoderDecoderGraph graph, ComputeDevice device)
    {
        (Size, _graph) = (size, graph);
        var decoder = new GraphBuilder($"{name} decoder");
        Target = TokenSpace.Declare(decoder, "target", size.TargetRows, size.Sequences, size.TargetLength, packed: false);
        TargetMemory = decoder.Sees(Target.Rows, MemoryKeys(decoder), size.Sequences);
        var hidden = graph.Decoder(decoder, Target, TargetMemory);
        if (size.LastOnly)
        {
            SelectedRows = decoder.Rows("selected", size.Sequences);
            Selected = decoder.Table("selected", size.Sequences);
            hidden = decoder.Gather("selected", hidden, SelectedRows, Selected);
        }

        Output = graph.Head(decoder, hidden);
        decoder.Output("output", Output);

        var encoder = new GraphBuilder($"{name} encoder");
        Source = TokenSpace.Declare(
            encoder, "source", checked(size.Sources * size.SourceLength), size.Sources, size.SourceLength, packed: true);
        var memoryKeys = MemoryKeys(encoder);
        Memory = graph.Encoder(encoder, Source);
        graph.MemoryKeys(encoder, Memory, memoryKeys, Source.Writes);
        encoder.Output("memory", Memory);

        // The decoder's own keys take memory as they come; those of the memory are all there after the encoder.
        var program = decoder.Build();
        _store = new KeyValueStore(device.Kernels, program, (Target.Keys, size.TargetRows / PagedKeys.PageTokens + size.Sequences));
        Cache = new PageCache(program, Target.Keys, _store);
        try
        {
            Decoder = new Session(program, device.Kernels, _store, device.Trace);
            Encoder = new Session(encoder.Build(), device.Kernels, _store, device.Trace);
        }
        catch
        {
            Decoder?.Dispose();
            _store.Dispose();
            throw;
        }

        PageTables.FillWhole(Decoder, TargetMemory.Keys);
        PageTables.FillWhole(Encoder, memoryKeys);
        _slots = new int[size.Sources];
        RowOf = new int[size.Sources * size.SourceLength];
    }

    public EncoderDecoderSize Size { get; }

    public Session Encoder { get; }

    public Session Decoder { get; }

    /// <summary>Pages of the decoder's own keys.</summary>
    public PageCache Cache { get; }

    public TokenSpace Source { get; }

    public TokenSpace Target { get; }

    /// <summary>What the target's rows see of the memory.</summary>
    public Visibility TargetMemory { get; }

    /// <summary>Rows whose logits are asked for, where it is not all of them.</summary>
    public RowSpace? SelectedRows { get; }

    /// <summary>Which rows those are.</summary>
    public IntTable? Selected { get; }

    public GraphTensor Memory { get; }

    public GraphTensor Output { get; }

    /// <summary>Row of the memory of each source token, -1 for padding; [sources, length of the batch].</summary>
    public int[] RowOf { get; }

    /// <summary>Tokens that the source really has.</summary>
    public int SourceTokens(int source) => _slots[source];

    /// <summary>Runs the encoder over a padded batch; padding takes no row.</summary>
    /// <param name="batch">Sources.</param>
    /// <param name="length">Tokens of a source, padding included.</param>
    /// <param name="isReal">Which tokens are real.</param>
    /// <param name="idOf">Their ids.</param>
    public void Encode(int batch, int length, Func<int, int, bool> isReal, Func<int, int, int> idOf)
    {
        var rows = new TokenRows(Encoder, Source);
        for (var s = 0; s < batch; s++)
        {
            var count = 0;
            for (var i = 0; i < length; i++)
            {
                count += isReal(s, i) ? 1 : 0;
            }

            _slots[s] = count;
            var slot = 0;
            for (var i = 0; i < length; i++)
            {
                RowOf[s * length + i] = -1;
                if (isReal(s, i))
                {
                    RowOf[s * length + i] = rows.Count;
                    rows.Add(s, idOf(s, i), _graph.HasRelativePositions ? slot : i, slot, 0, count);
                    slot++;
                }
            }
        }

        rows.Finish();
        PageTables.FillPacked(Encoder, Source.Keys, _slots.AsSpan(0, batch));
        Encoder.Run();
    }

    /// <summary>The memory, padding as zeros, [batch, length, width].</summary>
    public float[] ReadMemory(int batch, int length)
    {
        var width = Memory.Width;
        var packed = new float[Encoder.RowsOf(Source.Rows) * width];
        Encoder.Read(Memory, packed);
        var values = new float[batch * length * width];
        for (var i = 0; i < batch * length; i++)
        {
            if (RowOf[i] >= 0)
            {
                packed.AsSpan(RowOf[i] * width, width).CopyTo(values.AsSpan(i * width));
            }
        }

        return values;
    }

    public void Dispose()
    {
        Encoder.Dispose();
        Decoder.Dispose();
        Cache.Dispose();
        _store.Dispose();
    }

    private KeySpace MemoryKeys(GraphBuilder graph)
    {
        var pages = (Size.SourceLength + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens * Size.Sources;
        return graph.Keys("memory.keys", Size.Sources, Size.SourceLength, pages);
    }
}
