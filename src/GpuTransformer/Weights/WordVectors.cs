using GpuTransformer.Kernels;
using GpuTransformer.Weights.WordFiles;

namespace GpuTransformer.Weights;

/// <summary>A word and its cosine with what was asked for.</summary>
/// <param name="Word">The word.</param>
/// <param name="Score">The cosine, -1 to 1.</param>
public readonly record struct WordScore(string Word, float Score);

/// <summary>Static word vectors, one row of a table a word: word2vec's binary and text form and GloVe's text form. Nearest
/// words and analogies are those of gensim's KeyedVectors.most_similar.</summary>
/// <remarks>Mikolov et al. 2013, arXiv:1301.3781; Pennington et al. 2014 (GloVe).</remarks>
public sealed class WordVectors
{
    private readonly string[] _words;
    private readonly Dictionary<string, int> _places;
    private readonly float[] _table;
    private readonly Lazy<float[]> _norms;

    internal WordVectors(string name, string[] words, Dictionary<string, int> places, float[] table, int width)
    {
        Name = name;
        Width = width;
        _words = words;
        _places = places;
        _table = table;
        _norms = new Lazy<float[]>(() => WordCosines.Norms(_table, Width));
    }

    /// <summary>The file, as errors begin.</summary>
    public string Name { get; }

    /// <summary>The words, in the order of the file.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <summary>Numbers of a vector.</summary>
    public int Width { get; }

    /// <summary>Reads a file. Which of the forms it has is told from its content. Of a word that stands twice the first
    /// vector is taken, as gensim does.</summary>
    /// <exception cref="InputException">It is none of the forms, or broken: the line or byte is named.</exception>
    public static WordVectors Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var file = MappedFile.Open(path, 1, "word vector");
        return WordVectorFile.Read(file);
    }

    /// <summary>The row of a word, or -1.</summary>
    public int IndexOf(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return _places.GetValueOrDefault(word, -1);
    }

    /// <summary>The vector of a word as the file has it.</summary>
    /// <exception cref="InputException">The word is not in the file.</exception>
    public ReadOnlySpan<float> this[string word] => _table.AsSpan(Require(word) * Width, Width);

    /// <summary>The words whose vectors point most nearly the same way, best first, the word itself left out.</summary>
    /// <exception cref="InputException">The word is not in the file.</exception>
    public IReadOnlyList<WordScore> Nearest(string word, int count = 10) => MostSimilar([word], [], count);

    /// <summary>The words nearest to the mean of unit vectors, those of <paramref name="negative"/> with a minus: king and
    /// woman without man is near to queen. The words asked for are left out.</summary>
    /// <param name="positive">Added.</param>
    /// <param name="negative">Taken away.</param>
    /// <param name="count">How many are wanted.</param>
    /// <exception cref="InputException">A word is not in the file, or none is given.</exception>
    public IReadOnlyList<WordScore> MostSimilar(
        IReadOnlyList<string> positive, IReadOnlyList<string> negative, int count = 10)
    {
        ArgumentNullException.ThrowIfNull(positive);
        ArgumentNullException.ThrowIfNull(negative);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int[] added = [.. positive.Select(Require)];
        int[] taken = [.. negative.Select(Require)];
        if (added.Length + taken.Length == 0)
        {
            throw new InputException($"{Name}: expected at least one word, found none");
        }
        float[] direction = WordCosines.Mean(_table, _norms.Value, Width, added, taken);
        return [.. WordCosines.Best(_table, _norms.Value, direction, [.. added, .. taken], count)
            .Select(best => new WordScore(_words[best.Row], best.Score))];
    }

    /// <summary>The table as a weight, (words, width), which an embedding layer takes as any other.</summary>
    public WeightSource ToWeight(string name) => WeightSource.FromArray(name, _table, _words.Length, Width);

    /// <summary>The table as a tensor, [words, width]; the values are shared, not copied.</summary>
    public HostTensor ToTensor(string name) => new(name, _table, _words.Length, Width);

    /// <summary>The row of a word, or the error that names it.</summary>
    internal int Require(string word) => IndexOf(word) is >= 0 and var index
        ? index
        : throw new InputException($"{Name}: the word {Quoted.Of(word)} is not among the {_words.Length}");
}
