namespace GpuTransformer.Kernels;

/// <summary>The working memory of one attention tile: a block of query rows times a few heads, here all called rows.</summary>
internal unsafe struct AttentionCpuState
{
    /// <summary>Query rows (times heads) that share the keys and values in cache.</summary>
    public const int Rows = 64;

    /// <summary>Key slots from one merge to the next, at absolute places: chunk c holds [c · Chunk, (c + 1) · Chunk).
    /// a tile's scores stay in the first-level cache, a head's keys and values (256 KB at 64) in the second.</summary>
    public const int Chunk = 512;

    /// <summary>Pages of a chunk.</summary>
    public const int ChunkPages = Chunk / PagedKeys.PageTokens;

    /// <summary>The most rows of a panel tile.</summary>
    public const int TileRows = 6;

    /// <summary>Panel tiles of a block.</summary>
    private const int TileSpanCount = (Rows + TileRows - 1) / TileRows;

    /// <summary>What is added to a row of scores: its length should not be a power of two, which would share cache sets.</summary>
    private const int ScorePadding = 16;

    /// <summary>Rows that the scores of a group are a multiple of: whole panel tiles.</summary>
    private const int WholeTiles = 2 * TileRows;

    /// <summary>Scores in working memory: all rows of a block over 128 keys, 12 over a whole chunk. 40 KB: most of a
    /// first-level cache.</summary>
    private const int ScoreFloats = (Rows + WholeTiles - 1) / WholeTiles * WholeTiles * (128 + ScorePadding);

    private const int PaddedRows = Rows + TileRows;

    /// <summary>scale · q of a panel tile's rows, (TileRows, HeadDim).</summary>
    public float* Query;

    /// <summary>Output of the chunks so far, not yet divided by the sums, (Rows, Width); not used where there is one chunk.</summary>
    public float* Output;

    /// <summary>Scores, then weights, of some rows in this chunk, (GroupRows, ScoreStride).</summary>
    public float* Scores;

    /// <summary>Output of this chunk for a panel tile's rows, (TileRows, Width).</summary>
    public float* ChunkOutput;

    /// <summary>Values with rows widened to whole registers; used where HeadDim is not a multiple of them.</summary>
    public float* PaddedValues;

    /// <summary>Maximum of each row so far, a power of two, and sum of its weights; a sum of 0: nothing seen yet.</summary>
    public float* Max, Sum;

    /// <summary>Maximum and sum of this chunk for a group's rows.</summary>
    public float* ChunkMax, ChunkSum;

    /// <summary>Where the head's part of each page of this chunk starts.</summary>
    public float** KeyPages, ValuePages;

    /// <summary>First slot, end of the slots and position of each row.</summary>
    public int* Begin, End, Position;

    /// <summary>Where each row's query and output are; the last query stands for those after it.</summary>
    public float** QueryRows, OutputRows;

    /// <summary>The slots of this chunk that each panel tile of a group sees: first and end of those that any of its rows
    /// sees, and of those that all see which see any, counted from the chunk's start.</summary>
    public int* TileSpans;

    /// <summary>Whether all that the rows see is in one chunk.</summary>
    public bool IsOneChunk;

    /// <summary>First slot of this chunk.</summary>
    public int ChunkStart;

    /// <summary>Elements from one row of scores to the next.</summary>
    public int ScoreStride;

    /// <summary>Rows whose scores are in working memory at a time: whole panel tiles.</summary>
    public int GroupRows;

    public int HeadDim;

    /// <summary>HeadDim up to whole registers.</summary>
    public int Width;

    /// <summary>Elements from one value to the next: HeadDim in the pages, Width where they were copied.</summary>
    public int ValueStride;

    /// <summary>Slots whose values follow each other in memory: a page's, or the chunk's where they were copied. The fewer, the
    /// more often the product breaks off: with pages it takes a tenth longer.</summary>
    public int ValueRun;

    /// <summary>The operation's row that row 0 belongs to.</summary>
    public int FirstRow;

    /// <summary>Query head of row 0; row r has head FirstHead + r % Heads.</summary>
    public int FirstHead;

    public int Heads;

    /// <summary>Chunks that hold slots [begin, end).</summary>
    public static int ChunksOf(int begin, int end) => begin < end ? (end - 1) / Chunk - begin / Chunk + 1 : 0;

    /// <summary>Lays the working memory out for a head width and a register size.</summary>
    public static AttentionCpuState Create(int headDim, int lanes)
    {
        var width = (headDim + lanes - 1) / lanes * lanes;
        var padded = width == headDim ? 0 : Chunk * width;
        const int small = 7 * Rows + 4 * PaddedRows + 4 * ChunkPages + 4 * TileSpanCount;
        var memory = CpuScratch.Floats(padded + ScoreFloats + (PaddedRows + TileRows) * width + TileRows * headDim + small);
        var state = new AttentionCpuState { HeadDim = headDim, Width = width, ValueStride = headDim };

        // Whole registers first, so that they stay aligned.
        state.Scores = Take(ref memory, ScoreFloats);
        state.Output = Take(ref memory, PaddedRows * width);
        state.ChunkOutput = Take(ref memory, TileRows * width);
        state.PaddedValues = Take(ref memory, padded);
        state.KeyPages = (float**)Take(ref memory, 2 * ChunkPages);
        state.ValuePages = (float**)Take(ref memory, 2 * ChunkPages);
        state.QueryRows = (float**)Take(ref memory, 2 * PaddedRows);
        state.OutputRows = (float**)Take(ref memory, 2 * Rows);
        state.Max = Take(ref memory, Rows);
        state.Sum = Take(ref memory, Rows);
        state.ChunkMax = Take(ref memory, PaddedRows);
        state.ChunkSum = Take(ref memory, PaddedRows);
        state.Begin = (int*)Take(ref memory, Rows);
        state.End = (int*)Take(ref memory, Rows);
        state.Position = (int*)Take(ref memory, Rows);
        state.TileSpans = (int*)Take(ref memory, 4 * TileSpanCount);
        state.Query = Take(ref memory, TileRows * headDim);
        return state;
    }

    /// <summary>Goes to the chunk that starts at a slot, of which slots up to <paramref name="end"/> are seen.</summary>
    public void StartChunk(int start, int end)
    {
        ChunkStart = start;
        var slots = Math.Min(end - start, Chunk);
        ScoreStride = (slots + PagedKeys.PageTokens - 1) / PagedKeys.PageTokens * PagedKeys.PageTokens + ScorePadding;
        GroupRows = ScoreFloats / ScoreStride / WholeTiles * WholeTiles;
    }

    private static float* Take(ref float* memory, int floats)
    {
        var start = memory;
        memory += floats;
        return start;
    }
}
