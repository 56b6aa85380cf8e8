namespace GpuTransformer.Kernels;

/// <summary>The working memory of one attention tile: a block of query rows times a few heads, here all called rows.</summary>
internal unsafe struct AttentionCpuState
{
    /// <summary>Query rows (times heads) that share the keys and values in cache.</summary>
    public const int Rows = 64;

    /// <summary>Key slots from one merge to the next, at absolute places: chunk c holds [c · Chunk, (c + 1) · Chunk).
    /// 8 rows of scores (16 KB) stay in the first-level cache, a head's keys and values (256 KB at 64) in the second.</summary>
    public const int Chunk = 512;

    /// <summary>Pages of a chunk.</summary>
    public const int ChunkPages = Chunk / PagedKeys.PageTokens;

    /// <summary>Elements from one row of scores to the next: not a power of two, which would share cache sets.</summary>
    public const int ScoreStride = Chunk + 16;

    /// <summary>The most rows of a panel tile.</summary>
    public const int TileRows = 8;

    private const int PaddedRows = Rows + TileRows;

    /// <summary>scale · q, (Rows, HeadDim).</summary>
    public float* Query;

    /// <summary>Output of the chunks so far, not yet divided by the sums, (Rows, Width).</summary>
    public float* Output;

    /// <summary>Scores, then weights, of a panel tile's rows in this chunk, (TileRows, ScoreStride).</summary>
    public float* Scores;

    /// <summary>Output of this chunk for a panel tile's rows, (TileRows, Width).</summary>
    public float* ChunkOutput;

    /// <summary>Values with rows widened to whole registers; used where HeadDim is not a multiple of them.</summary>
    public float* PaddedValues;

    /// <summary>Maximum of each row so far and sum of its weights; a sum of 0: nothing seen yet.</summary>
    public float* Max, Sum;

    /// <summary>Maximum and sum of this chunk for a panel tile's rows.</summary>
    public float* ChunkMax, ChunkSum;

    /// <summary>Where the head's part of each page of this chunk starts.</summary>
    public float** KeyPages, ValuePages;

    /// <summary>First slot, end of the slots and position of each row.</summary>
    public int* Begin, End, Position;

    /// <summary>First slot of this chunk.</summary>
    public int ChunkStart;

    public int HeadDim;

    /// <summary>HeadDim up to whole registers.</summary>
    public int Width;

    /// <summary>Elements from one value to the next: HeadDim in the pages, Width where they were copied.</summary>
    public int ValueStride;

    /// <summary>Query head of row 0; row r has head FirstHead + r % Heads.</summary>
    public int FirstHead;

    public int Heads;

    /// <summary>Lays the working memory out for a head width and a register size.</summary>
    public static AttentionCpuState Create(int headDim, int lanes)
    {
        var width = (headDim + lanes - 1) / lanes * lanes;
        var padded = width == headDim ? 0 : Chunk * width;
        const int small = 5 * Rows + 2 * TileRows + 4 * ChunkPages;
        var memory = CpuScratch.Floats(
            padded + PaddedRows * (headDim + width) + TileRows * (ScoreStride + width) + small);
        var state = new AttentionCpuState { HeadDim = headDim, Width = width, ValueStride = headDim };

        // Whole registers first, so that they stay aligned.
        state.Scores = Take(ref memory, TileRows * ScoreStride);
        state.Output = Take(ref memory, PaddedRows * width);
        state.ChunkOutput = Take(ref memory, TileRows * width);
        state.PaddedValues = Take(ref memory, padded);
        state.KeyPages = (float**)Take(ref memory, 2 * ChunkPages);
        state.ValuePages = (float**)Take(ref memory, 2 * ChunkPages);
        state.Max = Take(ref memory, Rows);
        state.Sum = Take(ref memory, Rows);
        state.ChunkMax = Take(ref memory, TileRows);
        state.ChunkSum = Take(ref memory, TileRows);
        state.Begin = (int*)Take(ref memory, Rows);
        state.End = (int*)Take(ref memory, Rows);
        state.Position = (int*)Take(ref memory, Rows);
        state.Query = Take(ref memory, PaddedRows * headDim);
        return state;
    }

    private static float* Take(ref float* memory, int floats)
    {
        var start = memory;
        memory += floats;
        return start;
    }
}
