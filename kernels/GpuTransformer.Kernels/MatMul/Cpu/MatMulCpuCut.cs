namespace GpuTransformer.Kernels;

/// <summary>How a matmul is cut into tasks: blocks of rows by groups of panels. A pure function of sizes and threads;
/// the cut changes no bits, since each output has one sum, made by one task.</summary>
internal readonly struct MatMulCpuCut
{
    /// <summary>Rows of x that stay in the second-level cache with a panel: 256 x 768 floats are 768 KB.</summary>
    public const int MaxBlockRows = 256;

    /// <summary>More where each task first packs its panel from a view: 512 rows bring that to a few percent.</summary>
    private const int MaxBlockRowsOfView = 512;

    /// <summary>Sharing a step costs about a microsecond; a task of this many multiply-adds takes 3 to 5.</summary>
    private const long LeastWork = 200_000;

    /// <summary>For few rows the time is that of reading the weight, as if there were this many.</summary>
    private const int RowsOfMemoryTime = 4;

    /// <summary>Tasks a thread at least: enough that a thread which starts late is not waited for long.</summary>
    private const int TasksPerThread = 8;

    /// <summary>Large work is cut finer, into tasks of about 150 us, so that the last ones end together.</summary>
    private const long MostWork = 10_000_000;

    /// <summary>A block of fewer rows is made only where there are too few panels for the threads: each block reads the
    /// weight again, which for few rows is what takes the time.</summary>
    private const int FewestRows = 64;

    /// <summary>With so many rows for each of two threads, which claim from both ends, each has a block of its own, here and
    /// in the next operation: what it wrote is in its own cache. A pass of 64 to 192 rows takes 1 to 4 % less; one of 32
    /// would take 3 % more. More threads mix their claims.</summary>
    private const int OwnRows = 32;

    /// <summary>Rows in use of each matrix.</summary>
    public readonly int Rows;

    /// <summary>Panels of the weight.</summary>
    public readonly int Panels;

    /// <summary>Blocks that the rows are cut into.</summary>
    public readonly int RowBlocks;

    /// <summary>Panels that one task takes.</summary>
    public readonly int GroupPanels;

    /// <summary>Groups of panels.</summary>
    public readonly int Groups;

    private MatMulCpuCut(int rows, int panels, int rowBlocks, int groupPanels)
    {
        Rows = rows;
        Panels = panels;
        RowBlocks = rowBlocks;
        GroupPanels = groupPanels;
        Groups = Divide(panels, groupPanels);
    }

    /// <summary>Tasks of one matrix of the batch.</summary>
    public int Tasks => RowBlocks * Groups;

    /// <param name="args">What to multiply.</param>
    /// <param name="mostRows">The most rows of a block.</param>
    public static unsafe MatMulCpuCut Of(MatMulCpuArgs* args, int mostRows = int.MaxValue)
    {
        var rows = args->Rows.Count;
        var isPacked = args->Panels != null;
        return Of(rows, args->N, args->K, args->Batch, args->Threads, args->Engine.PanelWidth, args->Engine.PairRows,
            isPacked, isPacked && args->Encoding == WeightEncoding.F32 && !args->IsInt8, mostRows);
    }

    /// <param name="rows">Rows in use of each matrix.</param>
    /// <param name="n">Columns of y.</param>
    /// <param name="k">The length of each sum.</param>
    /// <param name="batch">Matrices.</param>
    /// <param name="threads">Threads that work on it.</param>
    /// <param name="panelWidth">Columns of a panel.</param>
    /// <param name="pairRows">Rows up to which panels go in pairs.</param>
    /// <param name="isPacked">Whether the weight is in panels.</param>
    /// <param name="isReady">Whether they are multiplied as they are, so that a block more costs no widening.</param>
    /// <param name="mostRows">The most rows of a block.</param>
    public static MatMulCpuCut Of(
        int rows, int n, int k, int batch, int threads, int panelWidth, int pairRows, bool isPacked, bool isReady,
        int mostRows = int.MaxValue)
    {
        var panels = Divide(n, panelWidth);
        if (rows <= 0)
        {
            return new MatMulCpuCut(0, panels, 0, panels);
        }

        var leastBlocks = Divide(rows, Math.Min(mostRows, isPacked ? MaxBlockRows : MaxBlockRowsOfView));
        if (isReady && batch == 1 && threads == 2 && rows >= 2 * OwnRows)
        {
            leastBlocks = Math.Max(leastBlocks, 2);
        }

        var fewestRows = isPacked && panels < 2 * threads ? 8 : FewestRows;
        var mostBlocks = Math.Max(leastBlocks, rows / fewestRows);
        var panelWork = (long)Math.Max(rows, RowsOfMemoryTime) * panelWidth * k;
        var work = panelWork * panels * batch;
        var wanted = threads == 1
            ? 1 : Math.Clamp(work / LeastWork, 1, Math.Max((long)threads * TasksPerThread, work / MostWork));
        var wantedOfMatrix = Math.Max(1, Divide(wanted, batch));

        var blocks = (int)Math.Clamp(Divide(wantedOfMatrix, panels), leastBlocks, mostBlocks);
        var group = (int)Math.Clamp((long)panels * blocks / wantedOfMatrix, 1, panels);
        if (rows <= pairRows && (group > 1 || panels >= 2 * threads))
        {
            // Two panels at once read memory faster than one.
            group += group & 1;
        }

        return new MatMulCpuCut(rows, panels, blocks, group);
    }

    /// <summary>What a task owns: rows [Row, Row + Rows) by panels [FirstPanel, FirstPanel + Panels).</summary>
    public (int Row, int Rows, int FirstPanel, int Panels) Task(int task)
    {
        var block = task / Groups;
        var first = (task - block * Groups) * GroupPanels;
        var row = FirstRow(block);
        return (row, FirstRow(block + 1) - row, first, Math.Min(GroupPanels, Panels - first));
    }

    /// <summary>The first row of a block; block <see cref="RowBlocks"/> begins at <see cref="Rows"/>.</summary>
    public int FirstRow(int block) => (int)((long)block * Rows / RowBlocks);

    private static int Divide(int value, int by) => (value + by - 1) / by;

    private static long Divide(long value, long by) => (value + by - 1) / by;
}
