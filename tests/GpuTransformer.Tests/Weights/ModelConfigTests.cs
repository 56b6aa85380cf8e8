using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Weights;

public sealed class ModelConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void GettersReadWhatIsThere()
    {
        ModelConfig config = ModelConfig.Parse("""
            {
              "model_type": "bert", "layers": 12, "eps": 1e-12, "tie": true, "none": null, "names": ["a", "\u00e9\n"],
              "eos": 7, "stops": [7, 8], "rates": [0.5, 1], "a\u0062c": "escaped key", "\ud83d\ude00": "smile",
              "id2label": {"0": "x", "1": "y"}, "rope": {"theta": 10000.0, "kind": "linear", "deep": {"n": 1}},
              "parts": [{"id": 1}, {"id": 2}]
            }
            """);
        Assert.Equal("bert", config.ModelType);
        Assert.Equal(12, config.Whole("layers", 1, 100));
        Assert.Equal(1e-12, config.Number("eps"));
        Assert.True(config.Flag("tie"));
        Assert.False(config.Has("none"));
        Assert.Equal(5, config.WholeOr("none", 5));
        Assert.Equal(0.5, config.NumberOr("absent", 0.5));
        Assert.Equal("?", config.TextOr("absent", "?"));
        Assert.True(config.FlagOr("absent", true));
        Assert.Equal(["a", "é\n"], config.Texts("names"));
        Assert.Equal([7], config.Wholes("eos"));
        Assert.Equal([7, 8], config.Wholes("stops"));
        Assert.Equal([0.5, 1.0], config.Numbers("rates"));
        Assert.Equal("escaped key", config.Text("abc"));
        Assert.Equal("smile", config.Text("😀"));
        Assert.Equal([new("0", "x"), new("1", "y")], config.TextPairs("id2label"));
        Assert.Equal(10000, config.Section("rope")!.Number("theta"));
        Assert.Equal(1, config.Section("rope")!.Section("deep")!.Whole("n"));
        Assert.Equal([1, 2], config.Sections("parts").Select(part => part.Whole("id")));
        Assert.Null(config.Section("absent"));
        Assert.Empty(config.Sections("absent"));
        Assert.Contains("abc", config.Keys);
        Assert.Equal("linear", config.Section("rope")!.OneOf("kind", "linear", "dynamic"));
    }

    [Theory]
    [InlineData("""{"n": 1.0}""", "whole number", "1.0")]
    [InlineData("""{"n": 1e3}""", "whole number", "1e3")]
    [InlineData("""{"n": "12"}""", "whole number", "\"12\"")]
    [InlineData("""{"n": 1000000000}""", "from 1 to 100", "1000000000")]
    [InlineData("""{"n": 99999999999999999999}""", "from 1 to 100", "99999999999999999999")]
    [InlineData("""{"n": 0}""", "from 1 to 100", "0")]
    [InlineData("""{"n": true}""", "whole number", "True")]
    [InlineData("""{"n": {}}""", "whole number", "an object")]
    [InlineData("""{"m": 1}""", "\"n\"", "missing")]
    public void WholeNumbersNameKeyExpectedAndFound(string json, string expected, string found) =>
        MustRefuse(json, config => config.Whole("n", 1, 100), "n", expected, found);

    [Theory]
    [InlineData("""{"n": 1e999}""", "1e999")]
    [InlineData("""{"n": "1"}""", "\"1\"")]
    [InlineData("""{"n": -0.1}""", "-0.1")]
    [InlineData("""{"n": null}""", "null")]
    public void NumbersAreFiniteAndInRange(string json, string found) =>
        MustRefuse(json, config => config.Number("n", 0, 1), "n", "finite number from 0 to 1", found);

    [Fact]
    public void OtherGettersNameWhatTheyFound()
    {
        MustRefuse("""{"n": 1}""", config => config.Text("n"), "n", "a string", "1");
        MustRefuse("""{"n": 1}""", config => config.Flag("n"), "n", "true or false", "1");
        MustRefuse("""{"n": 1}""", config => config.Texts("n"), "n", "an array", "1");
        MustRefuse("""{"n": [1]}""", config => config.Texts("n"), "n", "a string", "1");
        MustRefuse("""{"n": ["1"]}""", config => config.Wholes("n"), "n", "whole number", "\"1\"");
        MustRefuse("""{"n": 1}""", config => config.Section("n"), "n", "an object", "1");
        MustRefuse("""{"n": [1]}""", config => config.Sections("n"), "n[0]", "an object", "1");
        MustRefuse("""{"n": {"k": 1}}""", config => config.TextPairs("n"), "n", "k", "a string");
        MustRefuse("""{"n": "swish"}""", config => config.OneOf("n", "relu", "gelu"), "n", "relu, gelu", "\"swish\"");
        MustRefuse("""{"n": {"k": 1}}""", config => config.Section("n")!.Text("k"), "config.json: n", "k", "a string");
        MustRefuse("""{"n": "\ud800"}""", config => config.Text("n"), "n", "surrogate");
        MustRefuse("{\"n\": [" + string.Join(',', Enumerable.Repeat("1", (1 << 16) + 1)) + "]}",
            config => config.Wholes("n"), "n", "at most 65536 items");
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[1]", "JSON object")]
    [InlineData("1", "JSON object")]
    [InlineData("{} {}", "after the object")]
    [InlineData("""{"a": NaN}""", "JSON")]
    [InlineData("""{"a": Infinity}""", "JSON")]
    [InlineData("""{"a": 1,}""", "JSON")]
    [InlineData("{\"a\": 1 // comment\n}", "JSON")]
    [InlineData("""{"a": 1, "a": 2}""", "\"a\" stands twice")]
    [InlineData("""{"a": 1, "\u0061": 2}""", "stands twice")]
    [InlineData("""{"b": {"a": 1, "a": 2}}""", "\"a\" stands twice")]
    [InlineData("""{"b": [{"a": [{"c": 1, "c": 1}]}]}""", "\"c\" stands twice")]
    public void RefusesTextThatIsNotStrictJson(string json, string mention) => MustRefuse(json, _ => null, mention);

    [Fact]
    public void KeysMayRepeatInOtherObjects()
    {
        ModelConfig config = ModelConfig.Parse("""{"a": {"a": 1, "b": {"a": 2}}, "b": [{"a": 1}, {"a": 2}]}""");
        Assert.Equal(1, config.Section("a")!.Whole("a"));
        Assert.Equal(2, config.Section("a")!.Section("b")!.Whole("a"));
    }

    [Theory]
    [InlineData(65)]
    [InlineData(100_000)]
    public void RefusesDeepNesting(int depth)
    {
        MustRefuse("{\"a\":" + new string('[', depth) + new string(']', depth) + "}", _ => null, "64 deep");
        MustRefuse(string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth), _ => null, "64 deep");
    }

    [Fact]
    public void RefusesBytesThatAreNotUtf8AndFilesTooLarge()
    {
        _folder.Write("config.json", [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        HostileRun.MustRefuse(() => ModelConfig.Load(_folder.Path), 7, "UTF-8", "config.json");
        using (FileStream large = File.Create(_folder.File("config.json")))
        {
            large.SetLength((64L << 20) + 1);
        }
        HostileRun.MustRefuse(() => ModelConfig.Load(_folder.Path), 0, "limit is 67108864");
    }

    [Fact]
    public void NamesAMissingFolderOrFile()
    {
        Assert.Contains("absent", Assert.Throws<InputException>(() => ModelConfig.Load(_folder.File("absent"))).Message);
        Assert.Contains("config.json", Assert.Throws<InputException>(() => ModelConfig.Load(_folder.Path)).Message);
    }

    [Fact]
    public void ManyKeysCostLessThanTwiceTheFileAndNearLinearTime()
    {
        byte[] json = ManyKeys(100_000);
        _folder.Write("config.json", json);
        HostileRun.MustAccept(() => ModelConfig.Load(_folder.Path).Has("k99999"), json.Length);
        Scaling.OfTime(
            n =>
            {
                string text = Encoding.UTF8.GetString(ManyKeys(n));
                return () => ModelConfig.Parse(text);
            },
            5_000);
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a", "a")]
    [InlineData("a", "aa")]
    [InlineData("", "a")]
    [InlineData("é", "é")]
    [InlineData("\n\t\"\\", "\n\t\"\\")]
    [InlineData("😀", "\ue000")]
    [InlineData("x😀", "x😀y")]
    public void EscapedKeysCompareAsTheTextTheyStandFor(string first, string second)
    {
        byte[] plain = Encoding.UTF8.GetBytes(second);
        int expected = Math.Sign(Encoding.UTF8.GetBytes(first).AsSpan().SequenceCompareTo(plain));
        foreach (string a in new[] { Escaped(first), JsonSerializer.Serialize(first) })
        {
            foreach (string b in new[] { Escaped(second), JsonSerializer.Serialize(second) })
            {
                byte[] left = Encoding.UTF8.GetBytes(a)[1..];
                byte[] right = Encoding.UTF8.GetBytes(b)[1..];
                Assert.Equal(expected, Math.Sign(JsonKeys.Compare(left, right)));
                Assert.Equal(expected, Math.Sign(JsonKeys.CompareWith(left, plain)));
            }
        }
    }

    private static string Escaped(string text) => '"' + string.Concat(text.Select(unit => $"\\u{(int)unit:x4}")) + '"';

    private static byte[] ManyKeys(int count) => Encoding.UTF8.GetBytes(
        "{" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":{i}")) + "}");

    [Theory]
    [InlineData("{\"n\": tru, \"long\": \"@\"}", "deep: 'tru, ", "LineNumber: 0 | BytePositionInLine: 9")]
    [InlineData("{\"n\": \"\\u001b[2J@\"}", "n: expected x, found \\u001b[2Jyyy", "...")]
    public void WhatAFileHoldsNeitherFillsNorRepaintsATerminal(string json, params string[] mentions)
    {
        _folder.Write("config.json", json.Replace("@", new string('y', 100_000), StringComparison.Ordinal));
        var error = Assert.Throws<InputException>(Refuse);
        Assert.All(mentions, mention => Assert.Contains(mention, error.Message, StringComparison.Ordinal));
        Assert.InRange(error.Message.Length, 1, 1000);
        Assert.DoesNotContain(error.Message, char.IsControl);

        void Refuse()
        {
            ModelConfig config = ModelConfig.Load(_folder.Path);
            throw config.Error("n", "x", config.Text("n"));
        }
    }

    private static void MustRefuse(string json, Func<ModelConfig, object?> read, params string[] mentions)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        using var folder = new TemporaryFolder();
        folder.Write("config.json", bytes);
        HostileRun.MustRefuse(() => read(ModelConfig.Load(folder.Path)), bytes.Length, mentions);
    }
}
