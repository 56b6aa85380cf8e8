using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

public sealed class WeightStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OneErrorNamesEverythingThatDoesNotFit()
    {
        Save("model.safetensors", ("right", [2, 3]), ("turned", [3, 2]), ("extra", [1]), ("head.bias", [4]));
        using WeightStore store = WeightStore.Open(_folder.Path);
        store.Require("right", 2, 3);
        store.Require("turned", 2, 3);
        WeightSource missing = store.Require("absent.weight", 7, WeightStore.Any);
        Assert.Null(store.Optional("also.absent", 1));
        InputException error = Assert.Throws<InputException>(() => store.Check("head.*"));
        Assert.Contains("\"turned\": expected shape [2, 3], found [3, 2]", error.Message);
        Assert.Contains("missing: \"absent.weight\" [7, any]", error.Message);
        Assert.Contains("unexpected: \"extra\"", error.Message);
        Assert.DoesNotContain("head", error.Message);
        Assert.DoesNotContain("right", error.Message);
        Assert.Contains("absent.weight", Assert.Throws<InputException>(() => missing.ReadFloat32()).Message);
        Assert.Equal(["extra", "head.bias"], store.UnusedNames);
    }

    [Fact]
    public void ManyProblemsAreCountedNotListed()
    {
        Save("model.safetensors", [.. Enumerable.Range(0, 50).Select(i => ($"t{i}", new long[] { 1 }))]);
        using WeightStore store = WeightStore.Open(_folder.Path);
        Assert.Contains("and 30 more", Assert.Throws<InputException>(() => store.Check()).Message);
    }

    [Fact]
    public void LeftOversMayBeAllowedByEitherEnd()
    {
        Save("model.safetensors", ("cls.a", [1]), ("x.position_ids", [1]), ("exact", [1]));
        using WeightStore store = WeightStore.Open(_folder.Path);
        store.Check("cls.*", "*.position_ids", "exact");
        Assert.Throws<InputException>(() => store.Check("cls.*", "*.position_ids"));
    }

    [Fact]
    public void PrefixesAndOldNamesAreFound()
    {
        Save("model.safetensors",
            ("bert.embeddings.LayerNorm.gamma", [4]), ("bert.embeddings.LayerNorm.beta", [4]), ("cls.bias", [2]),
            ("bert.gamma_rate.weight", [1]));
        using WeightStore store = WeightStore.Open(_folder.Path, "", "bert.");
        Assert.Equal("bert.embeddings.LayerNorm.gamma", store.Require("embeddings.LayerNorm.weight", 4).Name);
        Assert.Equal("bert.embeddings.LayerNorm.beta", store.Require("embeddings.LayerNorm.bias", 4).Name);
        Assert.Equal("cls.bias", store.Require("cls.bias", 2).Name);
        Assert.True(store.Has("gamma_rate.weight"));
        Assert.False(store.Has("gamma_rate.bias"));
        store.Require("gamma_rate.weight", 1);
        store.Check();
    }

    [Fact]
    public void IntegersAreNoWeights()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new long[] { 1 }, 1);
        writer.Save(_folder.File("model.safetensors"));
        using WeightStore store = WeightStore.Open(_folder.Path);
        store.Require("a", 1);
        Assert.Contains("found I64", Assert.Throws<InputException>(() => store.Check()).Message);
    }

    [Fact]
    public void RowsAreReadInRanges()
    {
        Save("model.safetensors", ("m", [3, 4]));
        using WeightStore store = WeightStore.Open(_folder.Path);
        foreach (WeightSource source in new[]
        {
            store.Require("m", 3, 4),
            WeightSource.FromArray("m", [.. Enumerable.Range(0, 12).Select(i => (float)i)], 3, 4),
        })
        {
            var rows = new float[8];
            source.CopyRows(1, rows);
            Assert.Equal([4f, 5, 6, 7, 8, 9, 10, 11], rows);
            Assert.Equal(12, source.ElementCount);
            Assert.Equal(16, source.Bytes(8, 4).Length);
            Assert.Throws<ShapeException>(() => source.CopyRows(2, rows));
            Assert.Throws<ShapeException>(() => source.CopyRows(-1, rows));
            Assert.Throws<ShapeException>(() => source.CopyRows(long.MaxValue, rows));
        }
        Assert.Throws<ShapeException>(() => WeightSource.FromArray("m", [1, 2], 3));
    }

    [Fact]
    public void AFolderWithoutWeightsIsNamed()
    {
        Assert.Contains("model.safetensors", Assert.Throws<InputException>(() => WeightStore.Open(_folder.Path)).Message);
        string absent = _folder.File("absent");
        Assert.Contains(absent, Assert.Throws<InputException>(() => WeightStore.Open(absent)).Message);
    }

    [SkippableFact]
    public void ShardedFilesAreOneStore()
    {
        string folder = Fixtures.Folder("tiny/bert-bf16-sharded");
        using WeightStore store = WeightStore.Open(folder, "", "bert.");
        byte[] index = File.ReadAllBytes(Path.Combine(folder, "model.safetensors.index.json"));
        using JsonDocument document = JsonDocument.Parse(index);
        JsonElement map = document.RootElement.GetProperty("weight_map");
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            Assert.NotNull(store.Optional(entry.Name, AnyShape(store, entry.Name)));
        }
        Assert.Equal(map.EnumerateObject().Count(), store.Count);
        Assert.Empty(store.UnusedNames);
        Assert.Equal(document.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64(), store.ByteLength);
        Assert.Equal(2 * store.ElementCount, store.ByteLength);
    }

    [SkippableTheory]
    [InlineData("tiny/bert-old-names", "embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.gamma")]
    [InlineData("tiny/gpt2-old-names", "wte.weight", "wte.weight")]
    [InlineData("tiny/gpt2", "wte.weight", "transformer.wte.weight")]
    public void NamesOfOtherToolsAreFound(string folder, string asked, string found)
    {
        using WeightStore store = WeightStore.Open(Fixtures.Folder(folder), "", "bert.", "transformer.");
        Assert.Equal(found, store.Optional(asked, AnyShape(store, asked))?.Name);
    }

    // A shape that fits what is there: as many dimensions, each of any size.
    private static long[] AnyShape(WeightStore store, string name)
    {
        WeightSource source = store.Optional(name)!;
        return [.. Enumerable.Repeat(WeightStore.Any, source.Shape.Length)];
    }

    private void Save(string name, params (string Name, long[] Shape)[] tensors)
    {
        var writer = new SafetensorsWriter();
        foreach ((string tensor, long[] shape) in tensors)
        {
            int count = (int)shape.Aggregate(1L, (a, b) => a * b);
            writer.Add(tensor, Enumerable.Range(0, count).Select(i => (float)i).ToArray(), shape);
        }
        writer.Save(_folder.File(name));
    }
}
