using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>Sessions of an encoder and of a decoder over one set of caches, for a capacity.</summary>
internal sealed class EncoderDecoderRun : IDisposable
{
    private readonly int[] _slots;

    /// <param name="name">Name of the programs.</param>
    /// <param name="sequences">The most sequences.</param>
    /// <param name="sourceLength">The most source tokens of a sequence.</param>
    /// <param name="targetRows">The most target tokens of a run, all sequences together.</param>
    /// <param name="targetLength">The most target tokens of a sequence.</param>
    /// <param name="encode">Builds the encoder from its rows to the memory.</param>
    /// <param name="decode">Builds the decoder from its rows to the output.</param>
    /// <param name="session">Makes a session.</param>
    public EncoderDecoderRun(
        string name,
        int sequences,
        int sourceLength,
        int targetRows,
        int targetLength,
        Func<GraphBuilder, TokenSpace, KeySpace, GraphTensor> encode,
        Func<GraphBuilder, TokenSpace, Visibility, GraphTensor> decode,
        Func<Program, KeyValueStore?, Session> session)
    {
        (Sequences, SourceLength, TargetRows, TargetLength) = (sequences, sourceLength, targetRows, targetLength);
        var decoder = new GraphBuilder($"{name} decoder");
        Target = TokenSpace.Declare(decoder, "target", targetRows, sequences, targetLength, packed: false);
        TargetMemory = decoder.Sees(Target.Rows, MemoryKeys(decoder));
        Output = decode(decoder, Target, TargetMemory);
        decoder.Output("output", Output);

        var encoder = new GraphBuilder($"{name} encoder");
        Source = TokenSpace.Declare(encoder, "source", sequences * sourceLength, sequences, sourceLength, packed: true);
        var memoryKeys = MemoryKeys(encoder);
        Memory = encode(encoder, Source, memoryKeys);
        encoder.Output("memory", Memory);

        Decoder = session(decoder.Build(), null);
        try
        {
            Encoder = session(encoder.Build(), Decoder.Store);
        }
        catch
        {
            Decoder.Dispose();
            throw;
        }

        PageTables.FillWhole(Decoder, Target.Keys);
        PageTables.FillWhole(Decoder, TargetMemory.Keys);
        PageTables.FillWhole(Encoder, memoryKeys);
        _slots = new int[sequences];
        RowOf = new int[sequences * sourceLength];
    }

    public int Sequences { get; }

    public int SourceLength { get; }

    public int TargetRows { get; }

    public int TargetLength { get; }

    public Session Encoder { get; }

    public Session Decoder { get; }

    public TokenSpace Source { get; }

    public TokenSpace Target { get; }

    /// <summary>What the target's rows see of the memory.</summary>
    public Visibility TargetMemory { get; }

    public GraphTensor Memory { get; }

    public GraphTensor Output { get; }

    /// <summary>Row of the memory of each source token, -1 for padding; [sequences, length of the batch].</summary>
    public int[] RowOf { get; }

    /// <summary>Source tokens that the sequence really has.</summary>
    public int SourceTokens(int sequence) => _slots[sequence];

    public bool Fits(int sequences, int sourceLength, int targetRows, int targetLength) =>
        sequences <= Sequences && sourceLength <= SourceLength && targetRows <= TargetRows && targetLength <= TargetLength;

    /// <summary>Runs the encoder over a padded batch; padding takes no row.</summary>
    /// <param name="batch">Sequences.</param>
    /// <param name="length">Tokens of a sequence, padding included.</param>
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
                    rows.Add(s, idOf(s, i), i, slot++, 0, count);
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
    }

    private KeySpace MemoryKeys(GraphBuilder graph)
    {
        var pages = (SourceLength + Kernels.PagedKeys.PageTokens - 1) / Kernels.PagedKeys.PageTokens * Sequences;
        return graph.Keys("memory.keys", Sequences, SourceLength, pages);
    }
}
