using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>One matmul: sizes, how its matrices lie in memory, and what follows the sums. A unit is a row, or a matrix where
/// there are several.</summary>
internal sealed record MatMulShape(int M, int N, int K)
{
    private const int MostReferenceRows = 40;

    /// <summary>Rows that 128-bit accesses can read; K and N need not be multiples of four.</summary>
    public bool Aligned { get; init; } = true;

    /// <summary>The weight is (K, N).</summary>
    public bool KByN { get; init; }

    /// <summary>The weight is packed for the device.</summary>
    public bool Packed { get; init; }

    /// <summary>How a packed weight stores its numbers.</summary>
    public WeightEncoding Encoding { get; init; }

    /// <summary>A packed weight lies in rows, as on a graphics card, on a processor too.</summary>
    public bool InRows { get; init; }

    /// <summary>Matrices; 0: one, whose rows are the units.</summary>
    public int Matrices { get; init; }

    /// <summary>Bias, gate, residual and this activation; null: the sums alone.</summary>
    public ActivationKind? Epilogue { get; init; }

    public float Scale { get; init; } = 1f;

    public override string ToString() =>
        $"{(Matrices > 0 ? $"{Matrices} x " : "")}{M}x{N}x{K}{(KByN ? ", (K, N)" : "")}{(Packed ? InRows ? ", packed in rows" : ", packed" : "")}{(Encoding == WeightEncoding.F32 ? "" : $" as {Encoding}")}" +
        $"{(Epilogue is { } kind ? $", {kind}, bias, gate, residual" : "")}{(Aligned ? "" : " unaligned")}";

    public CheckShape<MatMulArgs<StandardEpilogue>> Check() => new(ToString(), Matrices > 0 ? Matrices : M, Arrange)
    {
        HasCapacity = Matrices == 0,
    };

    private MatMulArgs<StandardEpilogue> Arrange(CheckBatch batch)
    {
        var place = new Place(Aligned);
        var rowsPerUnit = Matrices > 0 ? M : 1;
        var x = batch.Rows(0, place, K, rowsPerUnit);
        var weights = Matrices > 0 ? batch.Capacity : 1;
        var weight = Matrices > 0
            ? batch.Rows(1, place, KByN ? N : K, KByN ? K : N, Spread.Normal)
            : batch.SharedRows(1, place, KByN ? K : N, KByN ? N : K);
        var bias = batch.SharedRows(2, place, 1, N, Spread.Outliers);
        var around = Epilogue is null ? 1 : N;
        var (gate, residual) = (batch.Rows(3, place, around, rowsPerUnit, Spread.Normal), batch.Rows(4, place, around, rowsPerUnit));
        var y = batch.Output("y", place, N, () => Expected(batch.Units.Length * rowsPerUnit, x, weight, bias, gate, residual), rowsPerUnit);
        var args = new MatMulArgs<StandardEpilogue>
        {
            X = x.View,
            Weight = KByN ? new RowView(weight.View.Data, weight.View.Offset, 1) : weight.View,
            WeightColumnStride = KByN ? weight.View.Stride : 1,
            Y = y,
            N = N,
            K = K,
            Rows = Matrices > 0 ? ActiveRows.Fixed(M) : batch.Active(),
            Batch = Math.Max(1, weights),
            XBatchStride = rowsPerUnit * x.View.Stride,
            WeightBatchStride = Matrices > 0 ? (KByN ? K : N) * weight.View.Stride : 0,
            YBatchStride = rowsPerUnit * y.Stride,
            Epilogue = EpilogueOf(bias, gate, residual),
        };
        if (Packed)
        {
            var rows = WeightRows.Of(weight.Values, N, K, KByN);
            var packed = batch.Keep(InRows
                ? PackedMatrix.CreateRows(batch.Kernels.DevicePool, Encoding, rows)
                : PackedMatrix.Create(batch.Kernels, Encoding, rows));
            packed.AttachTo(ref args);
        }

        return args;
    }

    private StandardEpilogue EpilogueOf(PaddedInput bias, PaddedInput gate, PaddedInput residual) => new()
    {
        Bias = bias.View.Data,
        BiasOffset = bias.View.Offset,
        HasBias = Epilogue is null ? 0 : 1,
        Gate = gate.View,
        HasGate = Epilogue is null ? 0 : 1,
        Residual = residual.View,
        HasResidual = Epilogue is null ? 0 : 1,
        Activation = (int)(Epilogue ?? ActivationKind.None),
        Scale = Scale,
    };

    private Reference Expected(
        int rows, PaddedInput x, PaddedInput weight, PaddedInput bias, PaddedInput gate, PaddedInput residual)
    {
        var (expected, allowed) = (new double[rows * N], new double[rows * N]);
        Array.Fill(allowed, double.PositiveInfinity);
        var stored = EncodedReference.Round(Encoding, weight.Values, K);
        Parallel.ForEach(SampledRows.Of(rows, (long)N * K < 1 << 16 ? rows : MostReferenceRows), row =>
        {
            var matrix = Matrices > 0 ? row / M : 0;
            for (var n = 0; n < N; n++)
            {
                var at = row * N + n;
                var sum = MatMulReference.Sum(
                    x.Values.AsSpan(row * K, K), stored, KByN ? matrix * K * N + n : (matrix * N + n) * K, KByN ? N : 1);
                (expected[at], allowed[at]) = Epilogue is { } kind
                    ? MatMulReference.Full(sum, K, Scale, kind, bias.Values[n], gate.Values[at], residual.Values[at])
                    : MatMulReference.Plain(sum, K, Scale, ActivationKind.None);
            }
        });
        return Reference.Within(expected, allowed);
    }
}
