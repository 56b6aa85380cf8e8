namespace GpuTransformer.Kernels;

/// <summary>Computes: y = epilogue(what each position sees · weightᵀ) as <see cref="MatMulCpu"/> does.
/// Shapes: x by the image's strides, weight (N, K) as a view or packed, y (positions, N). A task owns a block of positions
/// and a group of panels.
/// Layout: a thread gathers the rows of its first task of a block into memory of its own, and finds them there in the next
/// one; with the block's panels they stay in the second-level cache.
/// Numerics: those of <see cref="MatMulCpu"/> over the gathered rows, to the bit.
/// Edges: taps outside the image are zeros in the rows.
/// Cost: 2 · positions · N · K flops; gathering moves 8 bytes · K a position, once a thread that has a task of the block.</summary>
internal static unsafe class ConvolutionCpu
{
    /// <summary>Elements of a block, 1.5 MB of a second-level cache; fewer rows would read the weight too often.</summary>
    private const int BlockElements = 384 * 1024;

    private const int FewestBlockRows = 64;

    internal struct Args
    {
        public float* X;
        public ConvolutionGeometry Image;

        /// <summary>All but its x.</summary>
        public MatMulCpuArgs Product;

        /// <summary>Which run it is: what threads have gathered in another one is no longer x.</summary>
        public long Step;

        public readonly int MostBlockRows => Math.Max(FewestBlockRows, BlockElements / Product.K);
    }

    public static CpuVariant<ConvolutionArgs> Variant { get; } =
        new CpuVariant<ConvolutionArgs, Args>("convolution-cpu", static (in ConvolutionArgs args) => Convert(args), &TileCount, &Tile);

    /// <param name="args">Checked arguments.</param>
    /// <param name="kind">The tiling for a weight that is not packed; null: the best.</param>
    internal static Args Convert(in ConvolutionArgs args, MatMulCpuKind? kind = null) => new()
    {
        X = HostAddress.Of(args.X, args.XOffset),
        Image = args.Image,
        Product = MatMulCpu.ConvertStandard(args.Product, kind),
    };

    internal static int TileCount(void* args)
    {
        var work = (Args*)args;
        work->Step = CpuScratch.NewStep();
        return MatMulCpuCut.Of(&work->Product, work->MostBlockRows).Tasks;
    }

    internal static void Tile(void* args, int tile)
    {
        var work = (Args*)args;
        var cut = MatMulCpuCut.Of(&work->Product, work->MostBlockRows);
        var task = cut.Task(tile);
        var k = work->Product.K;
        var rows = (float*)CpuScratch.Kept(work->Step, task.Row, (nuint)task.Rows * (nuint)k * sizeof(float), out var isThere);
        if (!isThere)
        {
            ConvolutionCpuRows.Gather(work->Image, work->X, task.Row, task.Rows, rows);
        }

        var product = work->Product;
        product.X = new RowPointer(rows - (nint)task.Row * k, k);
        MatMulCpu.Panels(&product, 0, task.Row, task.Rows, task.FirstPanel, task.Panels, 2 * tile < cut.Tasks, null);
    }
}
