using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>One matmul on padded, strided, offset matrices with its float64 reference.</summary>
internal sealed class MatMulCase : IDisposable
{
    private readonly TestDevice _device;
    private readonly MatMulLayout _layout;
    private readonly PaddedInput _x;
    private readonly PaddedInput _weight;
    private readonly PaddedInput _bias;
    private readonly PaddedInput _gate;
    private readonly PaddedInput _residual;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _state;
    private readonly PackedMatrix? _packed;
    private readonly int _m;
    private readonly int _n;
    private readonly int _k;
    private double[]? _expected;
    private double[]? _allowed;

    public MatMulCase(TestDevice device, int m, int n, int k, MatMulLayout layout)
    {
        (_device, _m, _n, _k, _layout) = (device, m, n, k, layout);

        // Aligned: offsets and strides are multiples of four; K and N need not be.
        var skew = layout.Aligned ? 0 : 1;
        var batch = layout.Batch;
        var (weightRows, weightWidth) = layout.KByN ? (k, n) : (n, k);
        var weights = layout.SharedWeight ? 1 : batch;
        _x = Input(Data.WithOutliers(batch * m * k, 1), batch * m, k, 4 + skew);
        var weightValues = EncodedReference.Round(layout.Encoding, Data.WithOutliers(weights * n * k, 2), k);
        _weight = Input(weightValues, weights * weightRows, weightWidth, 8 + skew);
        _bias = Input(Data.WithOutliers(n, 3), 1, n, 3);
        _gate = Input(Data.Normal(batch * m * n, 4), batch * m, n, 5);
        _residual = Input(Data.WithOutliers(batch * m * n, 5), batch * m, n, 7);
        _state = device.Upload([-1, layout.ActiveRows ?? m]);
        _packed = layout.Encoding == WeightEncoding.F32 ? null : PackedMatrix.CreateRows(device.Kernels.DevicePool, layout.Encoding, Weight);

        PaddedInput Input(float[] values, int rows, int width, int offset) =>
            new(device, values, rows, width, offset, Stride(width));
    }

    /// <summary>Rows of each matrix that are computed.</summary>
    public int ActiveRows => _layout.ActiveRows ?? _m;

    /// <summary>The first weight, to be packed.</summary>
    public WeightRows Weight => WeightRows.Of(_weight.Values.AsMemory(0, _n * _k), _n, _k, _layout.KByN);

    public GuardedOutput Output() =>
        new(_device, _layout.Batch * _m, _n, Stride(_n) + (_layout.OddOutput ? 1 : 0), _layout.Aligned ? 64 : 63);

    public MatMulArgs<StandardEpilogue> Args(GuardedOutput y) => Args(y, new StandardEpilogue
    {
        Bias = _bias.View.Data,
        BiasOffset = _bias.View.Offset,
        HasBias = _layout.Epilogue ? 1 : 0,
        Gate = _gate.View,
        HasGate = _layout.Epilogue ? 1 : 0,
        Residual = _residual.View,
        HasResidual = _layout.Epilogue ? 1 : 0,
        Activation = (int)_layout.Activation,
        Scale = _layout.Scale,
    });

    public MatMulArgs<TEpilogue> Args<TEpilogue>(GuardedOutput y, TEpilogue epilogue)
        where TEpilogue : struct, IEpilogue
    {
        var weight = _weight.View;
        var args = new MatMulArgs<TEpilogue>
        {
            X = _x.View,
            Weight = _layout.KByN ? new RowView(weight.Data, weight.Offset, 1) : weight,
            WeightColumnStride = _layout.KByN ? weight.Stride : 1,
            Y = y.View,
            N = _n,
            K = _k,
            Rows = _layout.ActiveRows is null ? Kernels.ActiveRows.Fixed(_m) : Kernels.ActiveRows.FromState(_state.View, 1, _m),
            Batch = _layout.Batch,
            XBatchStride = _m * _x.View.Stride,
            WeightBatchStride = _layout.SharedWeight ? 0 : (_layout.KByN ? _k : _n) * weight.Stride,
            YBatchStride = _m * y.Stride,
            Epilogue = epilogue,
        };
        _packed?.AttachTo(ref args);
        return args;
    }

    /// <summary>Checks y against float64; rows not in use must still be NaN.</summary>
    public void Verify(float[] y, string what)
    {
        if (_expected is not null)
        {
            Tolerance.Within(_expected, _allowed!, y, what);
            return;
        }

        var expected = _expected = new double[y.Length];
        var allowed = _allowed = new double[y.Length];
        for (var row = 0; row < _layout.Batch * _m; row++)
        {
            for (var column = 0; column < _n; column++)
            {
                var i = row * _n + column;
                (expected[i], allowed[i]) = row % _m < ActiveRows ? Reference(row, column) : (double.NaN, 0);
            }
        }

        Tolerance.Within(expected, allowed, y, what);
    }

    public void Dispose()
    {
        _x.Dispose();
        _weight.Dispose();
        _bias.Dispose();
        _gate.Dispose();
        _residual.Dispose();
        _state.Dispose();
        _packed?.Dispose();
    }

    /// <summary>The plain sum and its sum of magnitudes at a row counted through the batch.</summary>
    public (double Sum, double Magnitude) Sum(int row, int column)
    {
        var matrix = _layout.SharedWeight ? 0 : row / _m;
        return MatMulReference.Sum(
            _x.Values.AsSpan(row * _k, _k),
            _weight.Values,
            _layout.KByN ? matrix * _k * _n + column : (matrix * _n + column) * _k,
            _layout.KByN ? _n : 1);
    }

    private (double Value, double Allowed) Reference(int row, int column)
    {
        var at = row * _n + column;
        return _layout.Epilogue
            ? MatMulReference.Full(
                Sum(row, column), _k, _layout.Scale, _layout.Activation,
                _bias.Values[column], _gate.Values[at], _residual.Values[at])
            : MatMulReference.Plain(Sum(row, column), _k, _layout.Scale, _layout.Activation);
    }

    /// <summary>Wider than the row, a multiple of four only where alignment is wanted.</summary>
    private int Stride(int width) => _layout.Aligned ? (width + 7) / 4 * 4 : (width + 3) | 1;
}

/// <summary>How the matrices of a case lie in memory and what follows the sums.</summary>
internal sealed record MatMulLayout
{
    public bool Aligned { get; init; } = true;

    /// <summary>Rows of y that start anywhere.</summary>
    public bool OddOutput { get; init; }

    public bool KByN { get; init; }

    public int Batch { get; init; } = 1;

    public bool SharedWeight { get; init; }

    public int? ActiveRows { get; init; }

    public bool Epilogue { get; init; }

    public ActivationKind Activation { get; init; }

    public float Scale { get; init; } = 1f;

    /// <summary>Other than F32: the weight is packed so, and its numbers are such that this changes none.</summary>
    public WeightEncoding Encoding { get; init; }

    /// <summary>The encoding that a variant reads, from the end of its name.</summary>
    public static WeightEncoding EncodingOf(string variant) =>
        Enum.TryParse<WeightEncoding>(variant[(variant.LastIndexOf('-') + 1)..], ignoreCase: true, out var encoding)
            ? encoding : WeightEncoding.F32;
}
