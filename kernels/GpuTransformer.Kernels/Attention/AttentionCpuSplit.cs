using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Few query rows over many keys: each chunk of a block's keys is a tile of its own, so that a decoder with three
/// key heads occupies more than three threads. A tile leaves its chunk's maximum, sum and output; whoever ends the last
/// one of a block merges all in ascending order, as one thread alone would. What is split follows from the tables alone.
/// <para>Cost: 8 bytes a chunk, row and dimension, a hundredth of what its keys and values are.</para></summary>
internal unsafe struct AttentionCpuSplit
{
    /// <summary>Rows times heads of a tile: more are work enough for a thread, and leave more behind.</summary>
    private const int MostRows = 16;

    /// <summary>With so many tiles every thread has one anyway.</summary>
    private const int ManyTiles = 64;

    /// <summary>Floats of a cache line: counters do not share one, and outputs begin with one.</summary>
    private const int Line = 16;

    private int _more;
    private int* _counters;
    private float* _parts;
    private int _rows;
    private int _width;

    /// <summary>Tiles of a block and its heads: the most chunks of any block; 1: nothing is split.</summary>
    public readonly int Parts => 1 + _more;

    /// <summary>Decides for a run, on the caller's thread, whose memory holds the parts until the run ends.</summary>
    /// <param name="args">The operation.</param>
    /// <param name="places">Its tiles where nothing is split.</param>
    public void Begin<TScore>(ref AttentionCpu<TScore>.Args args, int places)
        where TScore : struct, IScorePolicy
    {
        _more = 0;
        if (places >= ManyTiles)
        {
            return;
        }

        var (rows, parts) = Largest(ref args);
        rows *= args.HeadsPerTile;
        if (parts == 1 || rows > MostRows)
        {
            return;
        }

        _more = parts - 1;
        _rows = rows;
        _width = (args.HeadDim + Line - 1) / Line * Line;
        var counters = places * Line;
        var floats = (nuint)counters + (nuint)places * (nuint)parts * (nuint)PartFloats;
        _counters = (int*)CpuScratch.Kept(CpuScratch.NewStep(), 0, floats * sizeof(float), out _);
        _parts = (float*)_counters + counters;
        new Span<int>(_counters, counters).Clear();
    }

    /// <summary>Leaves a chunk's maxima, sums and outputs; true in the last of a block's parts, which finds all others left.</summary>
    /// <param name="state">Where the chunk's rows are.</param>
    /// <param name="place">The tile where nothing is split.</param>
    /// <param name="part">The chunk, counted from the block's first.</param>
    /// <param name="parts">Chunks of the block.</param>
    /// <param name="rows">Rows times heads of the block.</param>
    public readonly bool Leave(in AttentionCpuState state, int place, int part, int parts, int rows)
    {
        Find(place, part, out var output, out var max, out var sum);
        Unsafe.CopyBlock(output, state.Output, (uint)(rows * state.Width) * sizeof(float));
        Unsafe.CopyBlock(max, state.Max, (uint)rows * sizeof(float));
        Unsafe.CopyBlock(sum, state.Sum, (uint)rows * sizeof(float));
        return Interlocked.Increment(ref _counters[place * Line]) == parts;
    }

    /// <summary>What a part left: (rows, <see cref="AttentionCpuState.Width"/>), rows and rows.</summary>
    public readonly void Find(int place, int part, out float* output, out float* max, out float* sum)
    {
        output = _parts + ((long)place * Parts + part) * PartFloats;
        max = output + _rows * _width;
        sum = max + _rows;
    }

    private readonly int PartFloats => _rows * _width + (2 * _rows + Line - 1) / Line * Line;

    /// <summary>The most rows of a block, and the most chunks that the rows of one see together.</summary>
    private static (int Rows, int Chunks) Largest<TScore>(ref AttentionCpu<TScore>.Args args)
        where TScore : struct, IScorePolicy
    {
        var (mostRows, mostChunks, slots) = (0, 1, args.PagesPerSequence * PagedKeys.PageTokens);
        for (var block = 0; block < args.Blocks.Count; block++)
        {
            var first = Math.Max(0, args.BlockTable[2 * block]);
            var rows = Math.Min(args.Rows - first, args.BlockTable[2 * block + 1]);
            var (begin, end) = (int.MaxValue, 0);
            for (var row = first; row < first + rows; row++)
            {
                begin = Math.Min(begin, Math.Max(0, args.RowTable[4 * row + 1]));
                end = Math.Max(end, Math.Min(slots, args.RowTable[4 * row + 2]));
            }

            mostRows = Math.Max(mostRows, rows);
            mostChunks = Math.Max(mostChunks, AttentionCpuState.ChunksOf(begin, end));
        }

        return (mostRows, mostChunks);
    }
}
