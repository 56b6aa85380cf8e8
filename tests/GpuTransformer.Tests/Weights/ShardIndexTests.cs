using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>model.safetensors.index.json from a stranger: it names plain files of its own folder or nothing.</summary>
public sealed class ShardIndexTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private readonly TemporaryFolder _folder = new();

    public ShardIndexTests()
    {
        Save("one.safetensors", "a", "b");
        Save("two.safetensors", "c");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadsTheFilesItNames()
    {
        WriteIndex("""{"metadata":{"total_size":12},"weight_map":{"a":"one.safetensors","\u0062":"one.safetensors","c":"two.safetensors"}}""");
        using WeightStore store = WeightStore.Open(_folder.Path);
        Assert.Equal(["a", "b", "c"], store.UnusedNames);
        Assert.Equal([1f], store.Require("c", 1).ReadFloat32());
    }

    [Theory]
    [InlineData("../one.safetensors")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/one.safetensors")]
    [InlineData("sub\\\\one.safetensors")]
    [InlineData("C:one.safetensors")]
    [InlineData("one.safetensors:stream")]
    [InlineData("one\\u0000.safetensors")]
    [InlineData("one\\n.safetensors")]
    [InlineData("")]
    public void RefusesANameThatIsNotPlain(string name) =>
        MustRefuse($$$"""{"weight_map":{"a":"{{{name}}}"}}""", "weight_map", "plain name");

    [Fact]
    public void RefusesALongName() =>
        MustRefuse($$$"""{"weight_map":{"a":"{{{new string('n', 256)}}}"}}""", "256 bytes", "limit is 255");

    [Theory]
    [InlineData("""{}""", "weight_map")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""{"weight_map":{"a":1}}""", "expected a file name")]
    [InlineData("""{"weight_map":{"a":null}}""", "expected a file name")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""", "not text")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "stands twice")]
    [InlineData("""{"weight_map":{},"weight_map":{}}""", "stands twice")]
    [InlineData("""{"weight_map":{"a":"three.safetensors"}}""", "three.safetensors")]
    [InlineData("""{"weight_map":{"c":"one.safetensors"}}""", "\"c\" is not in \"one.safetensors\"")]
    [InlineData("""{"weight_map":{"a":"one.safetensors"}""", "JSON")]
    [InlineData("""[]""", "JSON object")]
    public void RefusesABrokenIndex(string index, string mention) => MustRefuse(index, mention);

    [Fact]
    public void RefusesALongTensorName() =>
        MustRefuse($$$"""{"weight_map":{"{{{new string('n', 100_000)}}}":"one.safetensors"}}""", "is not in");

    [Fact]
    public void RefusesDeepNesting() =>
        MustRefuse("{\"metadata\":" + new string('[', 10_000) + new string(']', 10_000) + "}", "64 deep");

    [Fact]
    public void RefusesATensorInTwoFiles()
    {
        Save("again.safetensors", "b");
        MustRefuse("""{"weight_map":{"a":"one.safetensors","b":"again.safetensors"}}""", "\"b\" is in", "again.safetensors");
    }

    [Fact]
    public void RefusesALinkOutOfTheFolder()
    {
        using var other = new TemporaryFolder();
        File.Copy(_folder.File("one.safetensors"), other.File("one.safetensors"));
        File.CreateSymbolicLink(_folder.File("link.safetensors"), other.File("one.safetensors"));
        MustRefuse("""{"weight_map":{"a":"link.safetensors"}}""", "link that leads out");
    }

    [Fact]
    public void FollowsALinkInsideTheFolderAndOneToWhereTheIndexLies()
    {
        File.CreateSymbolicLink(_folder.File("inside.safetensors"), "one.safetensors");
        WriteIndex("""{"weight_map":{"a":"inside.safetensors"}}""");
        WeightStore.Open(_folder.Path).Dispose();

        // A download cache: the model folder holds links, all to one folder of blobs.
        using var cache = new TemporaryFolder();
        string model = Directory.CreateDirectory(cache.File("model")).FullName;
        string blobs = Directory.CreateDirectory(cache.File("blobs")).FullName;
        File.Copy(_folder.File("one.safetensors"), Path.Combine(blobs, "1"));
        File.WriteAllText(Path.Combine(blobs, "2"), """{"weight_map":{"a":"one.safetensors"}}""");
        File.CreateSymbolicLink(Path.Combine(model, "one.safetensors"), "../blobs/1");
        File.CreateSymbolicLink(Path.Combine(model, Index), "../blobs/2");
        WeightStore.Open(model).Dispose();
    }

    [Fact]
    public void KeysCostNearLinearTime() => Scaling.OfTime(
        n =>
        {
            string shard = $"{n}.safetensors";
            Save(shard, [.. Enumerable.Range(0, n).Select(i => $"t{i}")]);
            string map = "{\"weight_map\":{" + string.Join(',', Enumerable.Range(0, n).Select(i => $"\"t{i}\":\"{shard}\"")) + "}}";
            return () =>
            {
                WriteIndex(map);
                WeightStore.Open(_folder.Path).Dispose();
            };
        },
        2_500);

    private void MustRefuse(string index, params string[] mentions)
    {
        WriteIndex(index);
        HostileRun.MustRefuse(() => WeightStore.Open(_folder.Path).Dispose(), index.Length, mentions);
    }

    private void WriteIndex(string index) => _folder.Write(Index, index);

    private void Save(string name, params string[] tensors)
    {
        var writer = new SafetensorsWriter();
        foreach (string tensor in tensors)
        {
            writer.Add(tensor, new float[] { 1 }, 1);
        }
        writer.Save(_folder.File(name));
    }
}
