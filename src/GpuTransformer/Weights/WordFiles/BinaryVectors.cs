using System.Runtime.InteropServices;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.WordFiles;

/// <summary>word2vec's binary form: for each word its letters, a space and its numbers in float32, perhaps a line feed
/// before the next word.</summary>
internal static unsafe class BinaryVectors
{
    /// <summary>Reads <paramref name="count"/> vectors from <paramref name="start"/> to the file's end.</summary>
    public static WordVectors Read(MappedFile file, long start, long count, int width)
    {
        Walk(file, start, count, width, null);
        var table = new WordTable(file, count, width);
        Walk(file, start, count, width, table);
        return table.Finish();
    }

    // Without a table: only finds out whether the file holds as many vectors as it says.
    private static void Walk(MappedFile file, long start, long count, int width, WordTable? table)
    {
        var reader = new BoundedReader(file.Start, file.Length, file.Path);
        reader.Skip(start, "header");
        for (long i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> word = Word(ref reader, file);
            ReadOnlySpan<byte> bytes = reader.Bytes((CheckedSize)(long)width * 4L, "vector");
            Span<float> vector = table is null ? default : table.Add(word, $"word {i + 1}");
            if (vector.Length > 0)
            {
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(vector);
                RequireFinite(vector, reader);
            }
        }
        SkipLineFeeds(ref reader, file);
        if (reader.Left > 0)
        {
            throw reader.Error("end", $"the header says {count} vectors, {reader.Left} more bytes are left");
        }
    }

    private static ReadOnlySpan<byte> Word(scoped ref BoundedReader reader, MappedFile file)
    {
        SkipLineFeeds(ref reader, file);
        ReadOnlySpan<byte> next = file.Bytes(reader.Position, (int)Math.Min(reader.Left, WordVectorFile.LongestWord + 1));
        int space = next.IndexOf((byte)' ');
        if (space < 0)
        {
            throw reader.Error("word", next.Length > WordVectorFile.LongestWord
                ? $"expected a space within {WordVectorFile.LongestWord} bytes, found none"
                : "expected a word and a space, found the file's end");
        }
        reader.Skip((long)space + 1, "word");
        return next[..space];
    }

    private static void SkipLineFeeds(scoped ref BoundedReader reader, MappedFile file)
    {
        while (reader.Left > 0 && file.Start[reader.Position] == '\n')
        {
            reader.Skip(1L, "line feed");
        }
    }

    private static void RequireFinite(ReadOnlySpan<float> vector, scoped in BoundedReader reader)
    {
        foreach (float value in vector)
        {
            if (!float.IsFinite(value))
            {
                throw reader.Error("vector", $"expected finite numbers, found {value}");
            }
        }
    }
}
