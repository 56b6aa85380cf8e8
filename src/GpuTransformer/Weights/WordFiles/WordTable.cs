using System.Text;
using System.Text.Unicode;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.WordFiles;

/// <summary>A table of word vectors that is being read. Its size was compared with the file before it was made.</summary>
internal sealed class WordTable
{
    private readonly MappedFile _file;
    private readonly float[] _table;
    private readonly List<string> _words;
    private readonly Dictionary<string, int> _places;

    /// <summary>A table of at most <paramref name="count"/> words.</summary>
    public WordTable(MappedFile file, long count, int width)
    {
        _file = file;
        Width = width;
        CheckedSize elements = (CheckedSize)count * (long)width;
        if (count == 0 || !elements.Within(Array.MaxLength))
        {
            throw new InputException($"{file.Path}: {count} vectors of {width} numbers: expected at least one, and at most " +
                $"{Array.MaxLength} numbers");
        }
        _table = new float[elements.Value("table")];
        _words = new List<string>((int)count);
        _places = new Dictionary<string, int>((int)count, StringComparer.Ordinal);
    }

    /// <summary>Numbers of a vector.</summary>
    public int Width { get; }

    /// <summary>Takes a word; gives the row for its vector, or nothing when it stands in the table already.</summary>
    public Span<float> Add(ReadOnlySpan<byte> word, string place)
    {
        if (!Utf8.IsValid(word))
        {
            throw new InputException($"{_file.Path}: {place}: expected a word in UTF-8, found {Quoted.Of(word)}");
        }
        string text = Encoding.UTF8.GetString(word);
        if (!_places.TryAdd(text, _words.Count))
        {
            return default;
        }
        _words.Add(text);
        return _table.AsSpan((_words.Count - 1) * Width, Width);
    }

    /// <summary>The finished table.</summary>
    public WordVectors Finish()
    {
        float[] table = _words.Count * Width == _table.Length ? _table : _table[..(_words.Count * Width)];
        return new WordVectors(_file.Path, [.. _words], _places, table, Width);
    }
}
