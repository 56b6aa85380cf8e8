using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The CPU variants of embedding and token assembly at every register width.</summary>
public sealed class EmbeddingCpuTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    public static TheoryData<int> Widths => SimdWidths.All;

    private TestDevice Device => devices[TestDeviceKind.Default];

    [Theory]
    [MemberData(nameof(Widths))]
    public void RowsOfEveryWidth(int bits)
    {
        foreach (var width in new[] { 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65 })
        {
            Embeds(bits, width, rows: 4, positions: false, types: false);
            Embeds(bits, width, rows: 4, positions: true, types: false);
            Embeds(bits, width, rows: 4, positions: false, types: true);
            Embeds(bits, width, rows: 4, positions: true, types: true);
            Assembles(bits, width, images: 3, prefix: 2, patches: 5);
            Assembles(bits, width, images: 1, prefix: 0, patches: 1);
        }

        Embeds(bits, 1000, rows: 50, positions: true, types: true);
        Assembles(bits, 1000, images: 4, prefix: 1, patches: 9);
    }

    private void Embeds(int bits, int width, int rows, bool positions, bool types)
    {
        const int vocabSize = 9, maxPositions = 5, typeVocabSize = 2;
        const float scale = 3f;
        var random = new Random(width);
        int[] Ids(int count) => [.. Enumerable.Range(0, rows).Select(_ => random.Next(count))];
        var (ids, positionIds, typeIds) = (Ids(vocabSize), Ids(maxPositions), Ids(typeVocabSize));
        (ids[1], positionIds[2]) = (vocabSize, -3);
        using var table = new PaddedInput(Device, Data.Normal(vocabSize * width, 1), vocabSize, width, 1, width + 1);
        using var positionTable = new PaddedInput(
            Device, Data.Normal(maxPositions * width, 2), maxPositions, width, 2, width + 2);
        using var typeTable = new PaddedInput(
            Device, Data.Normal(typeVocabSize * width, 3), typeVocabSize, width, 3, width + 3);
        using var idBuffer = Device.Upload([-9, .. ids]);
        using var positionBuffer = Device.Upload([-9, -9, .. positionIds]);
        using var typeBuffer = Device.Upload(typeIds);
        using var status = Device.Upload([0]);
        using var y = new GuardedOutput(Device, rows, width, width + 1);
        var args = new EmbeddingArgs
        {
            Ids = idBuffer.View,
            IdsOffset = 1,
            Table = table.View,
            VocabSize = vocabSize,
            Scale = scale,
            Positions = positionBuffer.View,
            PositionsOffset = 2,
            PositionTable = positionTable.View,
            MaxPositions = maxPositions,
            HasPositions = positions ? 1 : 0,
            TypeIds = typeBuffer.View,
            TypeTable = typeTable.View,
            TypeVocabSize = typeVocabSize,
            HasTypes = types ? 1 : 0,
            Y = y.View,
            Width = width,
            Rows = ActiveRows.Fixed(rows),
            Status = status.View,
        };
        Device.Kernels.Embedding.RunVariant(Device.Stream, args, EmbeddingCpu.ForWidth(bits));
        (ids[1], positionIds[2]) = (0, 0);
        var expected = new double[rows * width];
        for (var i = 0; i < expected.Length; i++)
        {
            var (r, c) = (i / width, i % width);
            expected[i] = (double)scale * table.Values[ids[r] * width + c]
                + (positions ? positionTable.Values[positionIds[r] * width + c] : 0)
                + (types ? typeTable.Values[typeIds[r] * width + c] : 0);
        }

        // Three roundings of sums below 16.
        Tolerance.Close(expected, y.Read(), 3e-6, 0, $"{bits} bits, {rows}x{width}");
        Assert.Equal([positions ? 3 : 2], status.GetAsArray1D());
    }

    private void Assembles(int bits, int width, int images, int prefix, int patches)
    {
        var tokens = prefix + patches;
        using var patchRows = new PaddedInput(
            Device, Data.Normal(images * patches * width, 1), images * patches, width, 1, width + 1);
        using var prefixRows = new PaddedInput(Device, Data.Normal(prefix * width, 2), prefix, width, 2, width + 2);
        using var positions = new PaddedInput(Device, Data.Normal(tokens * width, 3), tokens, width, 3, width + 3);
        using var y = new GuardedOutput(Device, images * tokens, width, width + 1);
        var args = new TokenAssemblyArgs
        {
            Patches = patchRows.View,
            Tokens = prefixRows.View,
            Positions = positions.View,
            Y = y.View,
            Images = ActiveRows.Fixed(images),
            PatchCount = patches,
            PrefixCount = prefix,
            Width = width,
        };
        Device.Kernels.TokenAssembly.RunVariant(Device.Stream, args, TokenAssemblyCpu.ForWidth(bits));
        var expected = new float[images * tokens * width];
        for (var i = 0; i < expected.Length; i++)
        {
            var (image, token, c) = (i / width / tokens, i / width % tokens, i % width);
            var from = token < prefix
                ? prefixRows.Values[token * width + c] : patchRows.Values[(image * patches + token - prefix) * width + c];
            expected[i] = from + positions.Values[token * width + c];
        }

        Assert.Equal(expected, y.Read());
    }
}
