using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Embeddings with positions and types, on every kind of device.</summary>
public sealed class EmbeddingTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    private const int Rows = 5;
    private const int VocabSize = 11;
    private const int MaxPositions = 7;
    private const int TypeVocabSize = 2;
    private const float Scale = 2.5f;

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryVariantMatchesFloat64(TestDeviceKind kind)
    {
        var device = devices[kind];
        var sweep = new VariantSweep<EmbeddingArgs>(device, device.Kernels.Embedding);
        foreach (var width in new[] { 1, 3, 4, 6, 127, 128, 129, 516 })
        {
            foreach (var place in new[] { new Place(true), new Place(false) })
            {
                Case(device, sweep, place, width, positions: false, types: false, [3, 10, 0, 3, 1], -1);
                Case(device, sweep, place, width, positions: true, types: false, [3, 10, 0, 3, 1], -1);
                Case(device, sweep, place, width, positions: true, types: true, [3, 10, 0, 3, 1], -1);
                Case(device, sweep, place, width, positions: true, types: true, [11, 2, -1, int.MinValue, 4], 4);
            }
        }

        sweep.AssertAllRan();
    }

    [Fact]
    public void PositionsAndTypesAreGuardedToo()
    {
        var device = devices[TestDeviceKind.Nvidia];
        var sweep = new VariantSweep<EmbeddingArgs>(device, device.Kernels.Embedding);
        Case(device, sweep, new Place(true), 8, true, true, [1, 2, 3, 4, 5], 2, positionIds: [0, 7, 1, 2, 3]);
        Case(device, sweep, new Place(true), 8, true, true, [1, 2, 3, 4, 5], 5, typeIds: [0, 1, 0, 1, -2]);
    }

    [Fact]
    public void SinusoidalTableFollowsThePaper()
    {
        const int width = 6;
        var table = SinusoidalTable.Create(50, width);
        for (var position = 0; position < 50; position++)
        {
            for (var i = 0; i < width / 2; i++)
            {
                // Exponent, frequency and angle are each rounded to float32.
                var angle = position / Math.Pow(10000, 2.0 * i / width);
                var tolerance = (float)(1e-7 + angle * 1.5e-7);
                Assert.Equal((float)Math.Sin(angle), table[position * width + 2 * i], tolerance);
                Assert.Equal((float)Math.Cos(angle), table[position * width + 2 * i + 1], tolerance);
            }
        }

        Assert.Equal(3, SinusoidalTable.Create(1, 3).Length);
        Assert.Throws<ShapeException>(() => SinusoidalTable.Create(0, 4));
        Assert.Throws<ShapeException>(() => SinusoidalTable.Fill(new float[11], 3, 4));
        Assert.Throws<ShapeException>(() => SinusoidalTable.Create(1 << 20, 1 << 20));
    }

    [Theory]
    [InlineData("ids")]
    [InlineData("table")]
    [InlineData("positions")]
    [InlineData("positionTable")]
    [InlineData("typeIds")]
    [InlineData("typeTable")]
    [InlineData("y")]
    [InlineData("status")]
    public void ShortViewIsNamed(string name)
    {
        var device = devices[TestDeviceKind.Default];
        var args = new EmbeddingArgs
        {
            Ids = device.Upload(new int[Length("ids", 3)]).View,
            Table = RowView.Dense(device.Upload(new float[Length("table", 8)]).View, 4),
            VocabSize = 2,
            Scale = 1f,
            Positions = device.Upload(new int[Length("positions", 3)]).View,
            PositionTable = RowView.Dense(device.Upload(new float[Length("positionTable", 8)]).View, 4),
            MaxPositions = 2,
            HasPositions = 1,
            TypeIds = device.Upload(new int[Length("typeIds", 3)]).View,
            TypeTable = RowView.Dense(device.Upload(new float[Length("typeTable", 8)]).View, 4),
            TypeVocabSize = 2,
            HasTypes = 1,
            Y = RowView.Dense(device.Upload(new float[Length("y", 12)]).View, 4),
            Width = 4,
            Rows = ActiveRows.Fixed(3),
            Status = device.Upload(new int[1]).View,
            StatusSlot = name == "status" ? 1 : 0,
        };
        var error = Assert.Throws<ShapeException>(() => device.Kernels.Embedding.Run(device.Stream, args));
        Assert.StartsWith($"Embedding: {name} needs", error.Message, StringComparison.Ordinal);

        int Length(string view, int length) => view == name ? length - 1 : length;
    }

    private static void Case(
        TestDevice device,
        VariantSweep<EmbeddingArgs> sweep,
        Place place,
        int width,
        bool positions,
        bool types,
        int[] ids,
        int reported,
        int[]? positionIds = null,
        int[]? typeIds = null)
    {
        positionIds ??= [0, 6, 2, 2, 1];
        typeIds ??= [0, 1, 1, 0, 1];
        using var table = place.Input(device, Data.WithOutliers(VocabSize * width, 1), VocabSize, width);
        using var positionTable = place.Input(device, Data.Normal(MaxPositions * width, 2), MaxPositions, width);
        using var typeTable = place.Input(device, Data.Normal(TypeVocabSize * width, 3), TypeVocabSize, width);
        using var idBuffer = device.Upload([-9, .. ids]);
        using var positionBuffer = device.Upload([-9, -9, .. positionIds]);
        using var typeBuffer = device.Upload([-9, -9, -9, .. typeIds]);
        var expected = EmbeddingReference.Rows(table.Values, VocabSize, ids, width, Scale);
        expected = !positions ? expected
            : EmbeddingReference.Sum(expected, EmbeddingReference.Rows(positionTable.Values, MaxPositions, positionIds, width));
        expected = !types ? expected
            : EmbeddingReference.Sum(expected, EmbeddingReference.Rows(typeTable.Values, TypeVocabSize, typeIds, width));

        MemoryBuffer1D<int, ILGPU.Stride1D.Dense>? status = null;
        GuardedOutput? y = null;
        sweep.Each(
            () =>
            {
                status = device.Upload([-1, -1]);
                y = place.Output(device, Rows, width);
                return new EmbeddingArgs
                {
                    Ids = idBuffer.View,
                    IdsOffset = 1,
                    Table = table.View,
                    VocabSize = VocabSize,
                    Scale = Scale,
                    Positions = positionBuffer.View,
                    PositionsOffset = 2,
                    PositionTable = positionTable.View,
                    MaxPositions = MaxPositions,
                    HasPositions = positions ? 1 : 0,
                    TypeIds = typeBuffer.View,
                    TypeIdsOffset = 3,
                    TypeTable = typeTable.View,
                    TypeVocabSize = TypeVocabSize,
                    HasTypes = types ? 1 : 0,
                    Y = y.View,
                    Width = width,
                    Rows = ActiveRows.Fixed(Rows),
                    Status = status.View,
                    StatusSlot = 1,
                };
            },
            name =>
            {
                Tolerance.Close(expected, y!.Read(), Tolerances.Embedding, $"{name} {width} {place}");
                Assert.Equal([-1, reported], status!.GetAsArray1D());
                y.Dispose();
                status!.Dispose();
            });
    }
}
