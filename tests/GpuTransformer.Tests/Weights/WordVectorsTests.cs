using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Word vectors in each form, and what gensim answers with them.</summary>
public sealed class WordVectorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("vectors.bin")]
    [InlineData("vectors.glove.txt")]
    public void NeighboursAndAnalogiesAreGensims(string file)
    {
        string folder = Fixtures.Shared("models/word2vec-shakespeare");
        var vectors = WordVectors.Load(Path.Combine(folder, file));
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        Assert.Equal(expected.RootElement.GetProperty("words").GetInt32(), vectors.Words.Count);
        foreach (JsonProperty word in expected.RootElement.GetProperty("nearest").EnumerateObject())
        {
            AssertScores(word.Value, vectors.Nearest(word.Name, word.Value.GetArrayLength()));
        }
        foreach (JsonElement analogy in expected.RootElement.GetProperty("analogies").EnumerateArray())
        {
            string[] positive = [.. analogy[0].EnumerateArray().Select(word => word.GetString()!)];
            string[] negative = [.. analogy[1].EnumerateArray().Select(word => word.GetString()!)];
            AssertScores(analogy[2], vectors.MostSimilar(positive, negative, analogy[2].GetArrayLength()));
            string sum = string.Join('+', positive) + "-" + string.Join('-', negative);
            var parsed = WordExpression.Parse(sum, vectors);
            Assert.Equal(positive, parsed.Positive);
            Assert.Equal(negative, parsed.Negative);
        }
    }

    [SkippableFact]
    public void TheTextFormHoldsTheNumbersOfTheBinaryForm()
    {
        string folder = Fixtures.Shared("models/word2vec-shakespeare");
        var binary = WordVectors.Load(Path.Combine(folder, "vectors.bin"));
        var head = WordVectors.Load(Path.Combine(folder, "vectors-head.txt"));
        Assert.Equal((200, 64), (head.Words.Count, head.Width));
        Assert.Equal(binary.Words.Take(200), head.Words);
        foreach (string word in head.Words)
        {
            Assert.Equal(binary[word].ToArray(), head[word].ToArray());
        }
    }

    [Fact]
    public void TheShippedVectorsAnswer()
    {
        var vectors = WordVectors.Load(Path.Combine(Fixtures.Model("word2vec-shakespeare"), "vectors.bin"));
        WordScore first = vectors.Nearest("king", 1).Single();
        Assert.Equal(("plantagenet", 0.66064), (first.Word, Math.Round(first.Score, 5)));
        first = vectors.MostSimilar(["brother", "she"], ["he"], 1).Single();
        Assert.Equal(("sister", 0.69613), (first.Word, Math.Round(first.Score, 5)));
    }

    [Fact]
    public void FormsAreToldApartByTheirContent()
    {
        float[] expected = [1, -0.5f, 3e-5f, 2];
        foreach (byte[] file in new[]
        {
            Encoding.UTF8.GetBytes("2 2\na 1 -0.5\nb 3e-5 2\n"),
            Encoding.UTF8.GetBytes("2 2 \r\na 1 -0.5 \r\nb 3e-5 2"),
            Encoding.UTF8.GetBytes("a 1 -0.5\nb 3e-5 2\n\n"),
            Encoding.UTF8.GetBytes("a 1 -0.5\nb 3e-5 2"),
            Binary("2 2\n", ("a", [1, -0.5f]), ("b", [3e-5f, 2])),
            Binary("2 2\n", ("a", [1, -0.5f]), ("\nb", [3e-5f, 2]), ("\n", [])),
        })
        {
            WordVectors vectors = Load(file);
            Assert.Equal(["a", "b"], vectors.Words);
            Assert.Equal(expected, vectors.ToTensor("table").Floats);
            Assert.Equal([2, 2], vectors.ToTensor("table").Shape);
            Assert.Equal(expected, vectors.ToWeight("table").ReadFloat32());
        }
    }

    [Fact]
    public void OfAWordThatStandsTwiceTheFirstIsTaken()
    {
        WordVectors vectors = Load(Encoding.UTF8.GetBytes("3 1\na 1\na 2\nb 3\n"));
        Assert.Equal(["a", "b"], vectors.Words);
        Assert.Equal([1f, 3f], vectors.ToTensor("table").Floats);
        vectors = Load(Binary("3 1\n", ("a", [1]), ("a", [2]), ("b", [3])));
        Assert.Equal([1f, 3f], vectors.ToTensor("table").Floats);
    }

    [Fact]
    public void WordsAreOfAnyScript()
    {
        WordVectors vectors = Load(Binary("2 1\n", ("日本", [1]), ("😀", [2])));
        Assert.Equal(2f, vectors["😀"][0]);
        Assert.Equal("日本", vectors.Nearest("😀").Single().Word);
    }

    [Fact]
    public void ScoresAreOrderedAndWordsAskedForLeftOut()
    {
        WordVectors vectors = Load(Encoding.UTF8.GetBytes(
            "east 1 0\nnorth 0 2\nwest -3 0\nnortheast 1 1\nnowhere 0 0\neast-ish 5 0.1\n"));
        Assert.Equal(
            ["east-ish", "northeast", "north", "nowhere", "west"], vectors.Nearest("east", 10).Select(one => one.Word));
        Assert.Equal(-1, vectors.Nearest("east")[^1].Score, 6);
        Assert.Equal(["northeast"], vectors.MostSimilar(["east", "north"], [], 1).Select(one => one.Word));
        Assert.Equal("west", vectors.MostSimilar([], ["east"], 1).Single().Word);
        Assert.Empty(vectors.Nearest("east", 0));
        Assert.All(vectors.Nearest("nowhere"), one => Assert.Equal(0, one.Score));
    }

    [Theory]
    [InlineData("east-ish", "east-ish", "")]
    [InlineData("east-north", "east", "north")]
    [InlineData(" east - north + west", "east,west", "north")]
    [InlineData("-east+east-ish-north", "east-ish", "east,north")]
    [InlineData("+east", "east", "")]
    public void SumsOfWordsAreRead(string sum, string positive, string negative)
    {
        WordVectors vectors = Load(Encoding.UTF8.GetBytes("east 1 0\nnorth 0 2\nwest -3 0\neast-ish 5 0.1\n"));
        var parsed = WordExpression.Parse(sum, vectors);
        Assert.Equal(positive, string.Join(',', parsed.Positive));
        Assert.Equal(negative, string.Join(',', parsed.Negative));
    }

    [Theory]
    [InlineData("", "expected words")]
    [InlineData("east-", "expected words")]
    [InlineData("east--north", "expected words")]
    [InlineData("east-south", "\"south\" is not among the 1")]
    public void SumsThatAreNoneAreRefused(string sum, string mention)
    {
        WordVectors vectors = Load(Encoding.UTF8.GetBytes("east 1 0\n"));
        Assert.Contains(mention, Assert.Throws<InputException>(() => WordExpression.Parse(sum, vectors)).Message);
    }

    [Fact]
    public void AWordThatIsNotThereIsNamed()
    {
        WordVectors vectors = Load(Encoding.UTF8.GetBytes("a 1\n"));
        Assert.Contains("\"zebra\" is not among the 1", Assert.Throws<InputException>(() => vectors.Nearest("zebra")).Message);
        Assert.Throws<InputException>(() => vectors.MostSimilar([], []));
        Assert.Equal(-1, vectors.IndexOf("zebra"));
    }

    /// <summary>A file in word2vec's binary form.</summary>
    internal static byte[] Binary(string header, params (string Word, float[] Vector)[] words)
    {
        using var file = new MemoryStream();
        file.Write(Encoding.UTF8.GetBytes(header));
        foreach ((string word, float[] vector) in words)
        {
            file.Write(Encoding.UTF8.GetBytes(vector.Length == 0 ? word : word + " "));
            file.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(vector.AsSpan()));
        }
        return file.ToArray();
    }

    private static void AssertScores(JsonElement expected, IReadOnlyList<WordScore> found)
    {
        Assert.Equal(expected.EnumerateArray().Select(one => one[0].GetString()), found.Select(one => one.Word));
        foreach ((JsonElement one, WordScore score) in expected.EnumerateArray().Zip(found))
        {
            Assert.Equal(one[1].GetDouble(), score.Score, 1.1e-5);
        }
    }

    private WordVectors Load(byte[] bytes) => WordVectors.Load(_folder.Write("vectors", bytes));
}
