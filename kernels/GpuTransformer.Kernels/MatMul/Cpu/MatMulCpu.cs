namespace GpuTransformer.Kernels;

/// <summary>Computes: y = epilogue(x · weightᵀ), float32, in SIMD registers over the process's threads.
/// Shapes: x (M, K), weight (N, K) or (K, N) or packed, y (M, N), a batch of them with strides.
/// Layout: the weight in panels [k][48] (AVX-512) that are packed once, or for a view by each task into scratch; x is not
/// packed. A task owns a block of rows and a group of panels; of 768 k at a time, a panel is 147 KB in the second-level
/// cache and 8 rows of x are 24 KB in the first.
/// Numerics: one sum an output, k ascending from 0, fused where the processor can; so the bits of a row depend neither on
/// the other rows nor on the cut, the threads or whether the weight was packed.
/// Edges: rows in tiles of 8 and fewer, all nearly equal; the last panel is narrower and padded with zeros.
/// Cost: 2 · M · N · K flops; one row reads N · K floats of weight.</summary>
internal static unsafe class MatMulCpu
{
    /// <summary>k of one pass over a block of rows.</summary>
    internal const int BlockK = 768;

    private static readonly CpuVariant<MatMulArgs<StandardEpilogue>, MatMulCpuArgs> Standard =
        new("matmul-cpu", static (in MatMulArgs<StandardEpilogue> args) => ConvertStandard(args), &TileCount, &Tile, Reads);

    /// <summary>The variant for an epilogue, the standard one or a user's.</summary>
    public static CpuVariant<MatMulArgs<TEpilogue>> Variant<TEpilogue>()
        where TEpilogue : struct, IEpilogue =>
        Standard is CpuVariant<MatMulArgs<TEpilogue>> standard
            ? standard
            : new CpuVariant<MatMulArgs<TEpilogue>, MatMulCpuArgs<TEpilogue>>(
                "matmul-cpu",
                MatMulCpuUserEpilogue<TEpilogue>.Convert,
                &MatMulCpuUserEpilogue<TEpilogue>.TileCount,
                &MatMulCpuUserEpilogue<TEpilogue>.Tile,
                Reads);

    public static MatMulCpuArgs ConvertStandard(in MatMulArgs<StandardEpilogue> args, MatMulCpuKind? kind = null)
    {
        var converted = Convert(args, kind);
        ref readonly var epilogue = ref args.Epilogue;
        converted.Finish = converted.Engine.Finish;
        converted.Scale = epilogue.Scale;
        converted.Activation = epilogue.Activation;
        converted.Bias = epilogue.HasBias != 0 ? HostAddress.Of(epilogue.Bias, epilogue.BiasOffset) : null;
        converted.Gate = epilogue.HasGate != 0 ? HostAddress.Of(epilogue.Gate) : default;
        converted.Residual = epilogue.HasResidual != 0 ? HostAddress.Of(epilogue.Residual) : default;
        return converted;
    }

    /// <summary>All but the epilogue.</summary>
    /// <param name="args">Checked arguments.</param>
    /// <param name="kind">The tiling for a weight that is not packed; null: the best.</param>
    public static MatMulCpuArgs Convert<TEpilogue>(in MatMulArgs<TEpilogue> args, MatMulCpuKind? kind = null)
        where TEpilogue : struct, IEpilogue
    {
        var header = (PackedPanels.Header*)args.Panels;
        var engine = MatMulCpuEngine.Of(header == null ? kind ?? MatMulCpuEngine.Best : header->Kind);
        var encoding = header == null ? WeightEncoding.F32 : header->Encoding;
        var isInt8 = header != null && header->Activations == ActivationEncoding.Int8;
        return new MatMulCpuArgs
        {
            X = HostAddress.Of(args.X),
            Y = HostAddress.Of(args.Y),
            Rows = HostAddress.Of(args.Rows),
            N = args.N,
            K = args.K,
            Batch = args.Batch,
            XBatchStride = args.XBatchStride,
            WeightBatchStride = args.WeightBatchStride,
            YBatchStride = args.YBatchStride,
            Panels = header == null ? null : PackedPanels.FirstPanel(header),
            Weight = header == null ? HostAddress.Of(args.Weight).Data : null,
            WeightRowStride = args.Weight.Stride,
            WeightColumnStride = args.WeightColumnStride,
            Engine = engine,
            Encoding = encoding,
            Encoded = EncodedEngine.Of(engine.Kind, encoding),
            IsInt8 = isInt8,
            Int8 = isInt8 ? Int8Engine.Of(engine.Kind, encoding, Int8Engine.Best(engine.Kind)) : default,
            Threads = CpuPool.Shared.Threads,
            Scale = 1f,
        };
    }

    /// <summary>Panels in any encoding, and plain views of float32.</summary>
    private static bool Reads<TEpilogue>(DeviceTraits traits, in MatMulArgs<TEpilogue> args)
        where TEpilogue : struct, IEpilogue =>
        args.Panels != 0 || args.Encoding == (int)WeightEncoding.F32;

    public static int TileCount(void* args)
    {
        var work = (MatMulCpuArgs*)args;
        if (work->IsInt8)
        {
            MatMulCpuInt8.Begin(work);
        }

        return checked(work->Batch * MatMulCpuCut.Of(work).Tasks);
    }

    public static void Tile(void* args, int tile) => Tile((MatMulCpuArgs*)args, tile, null);

    /// <param name="args">What to multiply.</param>
    /// <param name="tile">Which task.</param>
    /// <param name="user">A user's epilogue.</param>
    public static void Tile(MatMulCpuArgs* args, int tile, void* user)
    {
        var cut = MatMulCpuCut.Of(args);
        var batch = tile / cut.Tasks;
        var task = cut.Task(tile - batch * cut.Tasks);

        // The pool's workers claim from the last task down: what they need next lies before what they have.
        var isUpward = 2 * tile < args->Batch * cut.Tasks;
        if (args->IsInt8)
        {
            MatMulCpuInt8.Panels(args, batch, task.Row, task.Rows, task.FirstPanel, task.Panels, isUpward, user);
            return;
        }

        if (args->Encoding != WeightEncoding.F32)
        {
            MatMulCpuEncoded.Panels(args, batch, task.Row, task.Rows, task.FirstPanel, task.Panels, isUpward, user);
            return;
        }

        Panels(args, batch, task.Row, task.Rows, task.FirstPanel, task.Panels, isUpward, user);
    }

    /// <summary>Some panels for a block of rows.</summary>
    /// <param name="args">What to multiply.</param>
    /// <param name="batch">Which matrix.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="first">The first panel.</param>
    /// <param name="count">How many.</param>
    /// <param name="isUpward">In which order they are taken.</param>
    /// <param name="user">A user's epilogue.</param>
    public static void Panels(
        MatMulCpuArgs* args, int batch, int row, int rows, int first, int count, bool isUpward, void* user)
    {
        var panels = (args->N + args->Engine.PanelWidth - 1) / args->Engine.PanelWidth;

        // Beyond the group, where more than two threads claim, another one most likely gets what comes next.
        var goesOn = args->Threads <= 2;
        for (var i = 0; i < count;)
        {
            // Two whole panels; the last of the weight may be narrower.
            var pair = isUpward ? first + i : first + count - i - 2;
            var isPair = rows <= args->Engine.PairRows && args->Panels != null
                && i + 1 < count && (pair + 2) * args->Engine.PanelWidth <= args->N;
            if (isPair)
            {
                PairOfPanels(args, batch, row, rows, pair, user);
                i += 2;
            }
            else
            {
                var panel = isUpward ? first + i : first + count - i - 1;
                var next = isUpward ? panel + 1 : panel - 1;
                var isNext = next < panels && (goesOn || i + 1 < count);
                OnePanel(args, batch, row, rows, panel, isNext ? next : -1, user);
                i++;
            }
        }
    }

    private static void PairOfPanels(MatMulCpuArgs* args, int batch, int row, int rows, int panel, void* user)
    {
        var width = args->Engine.PanelWidth;
        var x = args->X.Row(row) + batch * args->XBatchStride;
        var first = args->Panels + (nint)panel * width * args->K;
        var sums = CpuScratch.Floats(2 * rows * width);
        var tile = new MatMulCpuTileArgs
        {
            X = x,
            XStride = args->X.Stride,
            Panel = first,
            SecondPanel = first + (nint)width * args->K,
            K = args->K,
            Sums = sums,
        };
        args->Engine.Pair(&tile, width / args->Engine.Lanes, rows);
        for (var p = 0; p < 2; p++)
        {
            Finish(args, sums + p * rows * width, width, batch, row, rows, (panel + p) * width, user);
        }
    }

    /// <param name="args">What to multiply.</param>
    /// <param name="batch">Which matrix.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="panel">Which panel.</param>
    /// <param name="next">The panel after it; negative: none.</param>
    /// <param name="user">A user's epilogue.</param>
    private static void OnePanel(MatMulCpuArgs* args, int batch, int row, int rows, int panel, int next, void* user)
    {
        var column = panel * args->Engine.PanelWidth;
        var lanes = args->Engine.Lanes;
        var width = Math.Min(args->Engine.PanelWidth, (args->N - column + lanes - 1) / lanes * lanes);
        var tiles = (rows + args->Engine.MaxRows - 1) / args->Engine.MaxRows;
        var isPacked = args->Panels != null;
        var blockK = isPacked && tiles == 1 ? args->K : Math.Min(args->K, BlockK);

        // Sums wait here between two blocks of k, and for their epilogue: y itself may be the residual.
        var sumRows = blockK < args->K ? rows : args->Engine.MaxRows;
        var scratch = CpuScratch.Floats((sumRows + (isPacked ? 0 : blockK)) * width);
        var weight = args->Weight + batch * args->WeightBatchStride + column * args->WeightRowStride;
        var x = args->X.Row(row) + batch * args->XBatchStride;
        for (var k = 0; k < args->K; k += blockK)
        {
            var depth = Math.Min(blockK, args->K - k);
            var packed = args->Panels + (nint)column * args->K + (nint)k * width;
            if (!isPacked)
            {
                packed = scratch + sumRows * width;
                var columns = Math.Min(width, args->N - column);
                MatMulCpuPacking.Pack(
                    weight + k * args->WeightColumnStride, args->WeightRowStride, args->WeightColumnStride,
                    columns, depth, packed, width);
            }

            // Each tile asks for its share of the block that comes after this one, so that none waits for memory.
            var isLast = k + depth == args->K;
            var ahead = isLast ? args->Panels + (nint)next * args->Engine.PanelWidth * args->K : packed + (nint)depth * width;
            var aheadFloats = isPacked && (!isLast || next >= 0) ? MatMulCpuPrefetch.Share((nint)depth * width, tiles) : 0;
            for (var t = 0; t < tiles; t++)
            {
                var from = (int)((long)t * rows / tiles);
                var count = (int)((long)(t + 1) * rows / tiles) - from;
                var sums = scratch + (blockK < args->K ? from * width : 0);
                var tile = new MatMulCpuTileArgs
                {
                    X = x + (nint)from * args->X.Stride + k,
                    XStride = args->X.Stride,
                    Panel = packed,
                    K = depth,
                    Sums = sums,
                    Accumulates = k > 0,
                    Ahead = ahead + t * aheadFloats,
                    AheadFloats = aheadFloats,
                };
                args->Engine.Tile(&tile, width / lanes, count);
                if (isLast)
                {
                    Finish(args, sums, width, batch, row + from, count, column, user);
                }
            }
        }
    }

    public static void Finish(
        MatMulCpuArgs* args, float* sums, int width, int batch, int row, int rows, int column, void* user)
    {
        var block = new MatMulCpuBlock
        {
            Sums = sums,
            Width = width,
            Batch = batch,
            Row = row,
            Rows = rows,
            Column = column,
            Columns = Math.Min(width, args->N - column),
        };
        args->Finish(args, &block, user);
    }
}
