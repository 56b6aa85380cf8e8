using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Rotary embedding against float64, on every kind of device and with every register width.</summary>
public sealed class RotaryTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private const int Positions = 11;

    // Heads, width of a head, how much of it turns: odd halves, less than a register, more than a group.
    private static readonly (int Heads, int HeadDim, int RotaryDim)[] s_shapes =
        [(1, 2, 2), (3, 6, 6), (2, 16, 8), (1, 33, 32), (2, 64, 64), (1, 130, 66), (2, 5, 0), (1, 300, 300)];

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    public static TheoryData<int> Widths => SimdWidths.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesFloat64(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<RotaryArgs>(device, device.Kernels.Rotary);
        foreach (var shape in s_shapes)
        {
            foreach (var (norm, positions) in new[] { (false, true), (true, true), (true, false) })
            {
                using var c = new Case(device, shape, rows: 2, norm, positions);
                sweep.Each(c.Arguments, name => c.Verify($"{name} {shape} {norm} {positions}"));
            }
        }

        sweep.AssertAllRan();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheOutputMayBeTheInput(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<RotaryArgs>(device, device.Kernels.Rotary);
        foreach (var norm in new[] { false, true })
        {
            using var c = new Case(device, (3, 24, 20), rows: 3, norm, positions: true);
            MemoryBuffer1D<float, Stride1D.Dense>? buffer = null;
            sweep.Each(
                () =>
                {
                    buffer = device.Upload(Data.Strided(c.Values, 3, 72, 75, 2));
                    var view = new RowView(buffer.View, 2, 75);
                    return c.Arguments() with { X = view, Y = view };
                },
                name =>
                {
                    var all = buffer!.GetAsArray1D();
                    var values = Enumerable.Range(0, 3).SelectMany(r => all[(2 + r * 75)..(2 + r * 75 + 72)]).ToArray();
                    Tolerance.Close(c.Expected, values, Tolerances.Rotary, name);
                    buffer!.Dispose();
                });
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void EveryRegisterWidthMatchesFloat64(int bits)
    {
        foreach (var shape in s_shapes)
        {
            foreach (var rows in new[] { 1, 3, 70 })
            {
                using var c = new Case(devices[TestDeviceKind.Default], shape, rows, norm: rows != 3, positions: rows != 1);
                c.Run(RotaryCpu.ForWidth(bits));
                c.Verify($"{bits} {shape} {rows}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void APositionOutsideTheTableIsReadAsZeroAndReported(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<RotaryArgs>(device, device.Kernels.Rotary);
        using var c = new Case(device, (2, 8, 8), rows: 4, norm: false, positions: true, places: [3, Positions, -1, 2]);
        using var status = device.Upload([0, 0]);
        sweep.Each(
            () =>
            {
                status.CopyFromCPU(new int[2]);
                return c.Arguments() with { Status = status.View, StatusSlot = 1 };
            },
            name =>
            {
                c.Verify(name);
                Assert.Equal([0, 3], status.GetAsArray1D());
            });
    }

    [Fact]
    public void TheTableHoldsCosinesThenSines()
    {
        var frequencies = RotaryTable.Frequencies(6, 500);
        var table = RotaryTable.Create(40, frequencies);
        for (var p = 0; p < 40; p++)
        {
            for (var d = 0; d < 3; d++)
            {
                var angle = p * Math.Pow(500, -2.0 * d / 6);
                Assert.Equal(Math.Cos(angle), table[p * 6 + d], 5e-6);
                Assert.Equal(Math.Sin(angle), table[p * 6 + 3 + d], 5e-6);
            }
        }
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var c = new Case(devices[TestDeviceKind.Default], (2, 8, 6), rows: 3, norm: true, positions: true);
        var good = c.Arguments();
        Refused(good with { X = good.X with { Offset = int.MaxValue / 2 } }, "x needs");
        Refused(good with { Y = good.Y with { Stride = 15 } }, "the stride of y");
        Refused(good with { RotaryDim = 5 }, "rotaryDim must be even");
        Refused(good with { RotaryDim = 10 }, "rotaryDim must be between 0 and 8");
        Refused(good with { TableRows = Positions + 5 }, "table needs");
        Refused(good with { HasPositions = 0, TableRows = 2 }, "tableRows must be at least 3");
        Refused(good with { Positions = default }, "positions needs 3");
        Refused(good with { Status = default }, "status needs 1");
        Refused(good with { NormWeight = good.NormWeight.SubView(0, 7) }, "normWeight needs 8");
        Refused(good with { Epsilon = float.NaN }, "epsilon");
        Refused(good with { NumHeads = 0 }, "numHeads");

        void Refused(RotaryArgs args, string part)
        {
            var device = devices[TestDeviceKind.Default];
            var error = Assert.Throws<ShapeException>(() => device.Kernels.Rotary.Run(device.Stream, args));
            Assert.StartsWith("Rotary: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly TestDevice _device;
        private readonly (int Heads, int HeadDim, int RotaryDim) _shape;
        private readonly int _rows;
        private readonly PaddedInput _x;
        private readonly PaddedInput _table;
        private readonly MemoryBuffer1D<float, Stride1D.Dense> _weight;
        private readonly MemoryBuffer1D<int, Stride1D.Dense> _positions;
        private readonly MemoryBuffer1D<int, Stride1D.Dense> _status;
        private readonly MemoryBuffer1D<int, Stride1D.Dense> _state;
        private readonly bool _norm;
        private readonly bool _hasPositions;
        private GuardedOutput? _y;

        public Case(
            TestDevice device, (int Heads, int HeadDim, int RotaryDim) shape, int rows, bool norm, bool positions, int[]? places = null)
        {
            (_device, _shape, _rows, _norm, _hasPositions) = (device, shape, rows, norm, positions);
            var (heads, headDim, rotaryDim) = shape;
            var width = heads * headDim;
            places ??= [.. Enumerable.Range(0, rows).Select(r => positions ? (r * 7 + 3) % Positions : r)];
            var tableRows = positions ? Positions : rows;
            var table = rotaryDim == 0 ? [] : RotaryTable.Create(tableRows, RotaryTable.Frequencies(rotaryDim, 100));
            var weight = Data.Normal(headDim, 3);
            _x = new PaddedInput(device, Data.WithOutliers(rows * width, headDim), rows, width, 5, width + 3);
            _table = new PaddedInput(device, table, tableRows, rotaryDim, 2, rotaryDim + 1);
            _weight = device.Upload(weight);
            _positions = device.Upload(places);
            _status = device.Upload([0]);
            _state = device.Upload([rows]);
            Expected = RotaryReference.Compute(
                _x.Values, table, tableRows, norm ? weight : null, places, heads, headDim, rotaryDim, 0.5, 1e-3f);
        }

        public float[] Values => _x.Values;

        public double[] Expected { get; }

        public RotaryArgs Arguments()
        {
            var width = _shape.Heads * _shape.HeadDim;
            _y?.Dispose();
            _y = new GuardedOutput(_device, _rows, width, width + 2, 61);
            return new RotaryArgs
            {
                X = _x.View,
                Y = _y.View,
                NumHeads = _shape.Heads,
                HeadDim = _shape.HeadDim,
                RotaryDim = _shape.RotaryDim,
                Table = _table.View,
                TableRows = _hasPositions ? Positions : _rows,
                Positions = _positions.View,
                HasPositions = _hasPositions ? 1 : 0,
                NormWeight = _weight.View,
                HasNorm = _norm ? 1 : 0,
                WeightShift = 0.5f,
                Epsilon = 1e-3f,
                Rows = ActiveRows.FromState(_state.View, 0, _rows),
                Status = _status.View,
            };
        }

        public void Run(CpuVariant<RotaryArgs> variant) =>
            _device.Kernels.Rotary.RunVariant(_device.Stream, Arguments(), variant);

        public void Verify(string name)
        {
            Tolerance.Close(Expected, _y!.Read(), Tolerances.Rotary, name);
        }

        public void Dispose()
        {
            _y?.Dispose();
            _x.Dispose();
            _table.Dispose();
            _weight.Dispose();
            _positions.Dispose();
            _status.Dispose();
            _state.Dispose();
        }
    }
}
