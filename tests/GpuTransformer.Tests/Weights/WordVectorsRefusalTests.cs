using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Files of word vectors from a stranger: one error that names the line or byte, memory that the file's size
/// bounds, time in proportion to it.</summary>
public sealed class WordVectorsRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "0 bytes")]
    [InlineData("\n", "line 1")]
    [InlineData("word", "line 1")]
    [InlineData("word x y", "line 1")]
    [InlineData("{\"a\": 1}", "line 1")]
    [InlineData("GGUF\u0003\0\0\0", "line 1")]
    [InlineData("3", "line 1")]
    [InlineData("3 0\n", "line 1")]
    [InlineData("0 3\n", "0 vectors")]
    [InlineData("0 0\n", "line 1")]
    [InlineData("-1 3\na 1 2 3\n", "line 2")] // Not a header: a word -1 with the number 3.
    [InlineData("2 2\na 1 2\n", "line 1: 2 vectors")]
    [InlineData("1 2\na 1 2\nb 1 2\n", "line 1: 1 vectors are promised, 2 lines follow")]
    [InlineData("2 2\na 1 2\nb 1\n", "line 3: expected a word and 2 numbers, found 1")]
    [InlineData("2 2\na 1 2\nb 1 2 3\n", "line 3: expected a word and 2 numbers, found 3")]
    [InlineData("2 2\na 1 2\n\nb 1 2\n", "line 3")]
    [InlineData("2 2\na 1 2\nb 1 x\n", "line 3: number 2: expected a finite number, found \"x\"")]
    [InlineData("2 2\na 1 x\nb 1 2\n", "line 2: number 2: expected a finite number, found \"x\"")]
    [InlineData("2 2\na 1\nb 1 2\n", "line 2: expected a word and 2 numbers, found 1")]
    [InlineData("a 1 2\nb 1 1e39\n", "line 2: number 2")]
    [InlineData("a 1 2\nb NaN 1\n", "line 2: number 1")]
    [InlineData("a 1 2\nb Infinity 1\n", "line 2: number 1")]
    [InlineData("a 1 2\nb  1\n", "line 2: number 1")]
    [InlineData("a 1 2\nb\t1 2\n", "line 2")]
    [InlineData("1000000000000 1\na 1\n", "line 1: 1000000000000 vectors")]
    [InlineData("1 1000000000000\na 1\n", "line 1: expected vectors of 1 to 65536")]
    [InlineData("9223372036854775807 65536\na 1\n", "over 2^63-1")]
    [InlineData("99999999999999999999 1\na 1\n", "line 1: 9223372036854775807 vectors")]
    public void TextThatIsBroken(string text, string mention) => MustRefuse(Encoding.UTF8.GetBytes(text), mention);

    [Fact]
    public void BinaryThatIsBroken()
    {
        byte[] whole = WordVectorsTests.Binary("2 2\n", ("aa", [1, 2]), ("bb", [3, 4]));
        MustRefuse(whole.Append((byte)'x'), "1 more bytes are left");
        MustRefuse(WordVectorsTests.Binary("3 2\n", ("aa", [1, 2]), ("bb", [3, 4])), "3 vectors of 2 numbers need");
        MustRefuse(WordVectorsTests.Binary("1 2\n", ("aa", [1, 2]), ("bb", [3, 4])), "header says 1 vectors");
        MustRefuse(WordVectorsTests.Binary("2 2\n", ("aa", [1, 2]), ("bb", [3, float.NaN])), "finite");
        MustRefuse(WordVectorsTests.Binary("2 2\n", ("aa", [1, 2]), (new string('w', 4097), [1, 2])), "space within 4096 bytes");
        MustRefuse(WordVectorsTests.Binary("2 2\n", ("aa", [1, 2]), ("bbbbbbbbbbb", [])), "found the file's end");
        byte[] notText = WordVectorsTests.Binary("1 2\n", ("aa", [1, 2]));
        notText[4] = 0xff;
        MustRefuse(notText, "UTF-8");
    }

    [Theory]
    [InlineData("1000000 300\n")]
    [InlineData("4294967296 4294967296\n")]
    [InlineData("9223372036854775807 4\n")]
    [InlineData("2305843009213693952 4\n")]
    [InlineData("1152921504606846977 16\n")]
    public void CountsThatLie(string header) =>
        MustRefuse(WordVectorsTests.Binary(header, ("aa", [1, 2]), ("bb", [3, 4])), "line 1");

    [Fact]
    public void EveryTruncationIsRefused()
    {
        Mutations.RefusesEveryTruncation(
            WordVectorsTests.Binary("3 4\n", ("one", [1, 2, 3, 4]), ("two", [5, 6, 7, 8]), ("three", [9, 10, 11, 12])), Load, "mutated");
        // What a cut number or a missing line feed at the very end leaves is a whole file as well.
        byte[] text = Encoding.UTF8.GetBytes("3 2\none 1 2\ntwo 3 4\nthree 5 6\n");
        Mutations.RefusesEveryTruncation(text[..^1], Load, "mutated");
    }

    [Fact]
    public void MutatedFilesGiveOurErrorsOrNone()
    {
        Mutations.Check(
            WordVectorsTests.Binary("3 4\n", ("one", [1, 2, 3, 4]), ("two", [5, 6, 7, 8]), ("three", [9, 10, 11, 12])), Load, 16);
        Mutations.Check(Encoding.UTF8.GetBytes("3 2\none 1 2\ntwo 3 4\nthree 5 6\n"), Load, 64);
        Mutations.Check(Encoding.UTF8.GetBytes("one 1 -2.5\ntwo 3e-1 4\nthree 5 6\n"), Load, 64);
    }

    [Fact]
    public void WordsCostNearLinearTimeAndMemory()
    {
        Scaling.OfTime(n => Loading(Many(n), n), 5_000);
        Scaling.OfAllocation(n => Loading(Many(n), n), 20_000);
        Scaling.OfTime(
            n => Loading(WordVectorsTests.Binary($"{n} 4\n", [.. Enumerable.Range(0, n).Select(i => ($"w{i}", new float[4]))]), n), 5_000);
    }

    [Fact]
    public void ManyEmptyLinesCostNearLinearTime() => Scaling.OfTime(
        n =>
        {
            string path = _folder.Write($"{n}", "a 1\n" + new string('\n', n) + "b 1\n");
            return () => Assert.Throws<InputException>(() => WordVectors.Load(path));
        },
        125_000);

    private static byte[] Many(int count) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, count).Select(i => $"w{i} 1 2 3 0.25\n")));

    private Action Loading(byte[] bytes, int n)
    {
        string path = _folder.Write($"{n}", bytes);
        return () => WordVectors.Load(path);
    }

    private void Load(byte[] bytes) => WordVectors.Load(_folder.Write("mutated", bytes));

    private void MustRefuse(IEnumerable<byte> file, params string[] mentions)
    {
        byte[] bytes = [.. file];
        string path = _folder.Write("vectors", bytes);
        HostileRun.MustRefuse(() => WordVectors.Load(path), bytes.Length, [path, .. mentions]);
    }
}
