using System.Globalization;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.WordFiles;

/// <summary>The text forms: a line for each word, the word and its numbers with single spaces between.</summary>
internal static unsafe class TextVectors
{
    private const int LongestLine = 1 << 24;

    /// <summary>Reads the lines from <paramref name="start"/> to the file's end.</summary>
    /// <param name="file">The file.</param>
    /// <param name="start">The byte after the header.</param>
    /// <param name="count">Vectors that the header promises; null: as many as there are lines.</param>
    /// <param name="width">Numbers of each.</param>
    public static WordVectors Read(MappedFile file, long start, long? count, int width)
    {
        long first = count is null ? 1 : 2;
        long lines = Walk(file, start, width, first, null);
        if (count is { } promised && promised != lines)
        {
            throw new InputException($"{file.Path}: line 1: {promised} vectors are promised, {lines} lines follow");
        }
        var table = new WordTable(file, lines, width);
        Walk(file, start, width, first, table);
        return table.Finish();
    }

    /// <summary>How many numbers stand after the word on a line; false when one is not a number.</summary>
    public static bool TryCount(ReadOnlySpan<byte> line, out int count)
    {
        count = 0;
        line = Trimmed(line);
        int space = line.IndexOf((byte)' ');
        while (space >= 0)
        {
            line = line[(space + 1)..];
            space = line.IndexOf((byte)' ');
            if (!TryNumber(space < 0 ? line : line[..space], out _))
            {
                return false;
            }
            count++;
        }
        return true;
    }

    // Without a table: counts the lines, and compares the number of fields of each with the width.
    private static long Walk(MappedFile file, long start, int width, long firstLine, WordTable? table)
    {
        long position = start;
        long count = 0;
        while (position < file.Length)
        {
            ReadOnlySpan<byte> rest = file.Bytes(position, (int)Math.Min(file.Length - position, LongestLine));
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = Trimmed(end < 0 ? rest : rest[..end]);
            position += end < 0 ? rest.Length : end + 1;
            // Empty lines may stand at the end alone.
            if (line.Length == 0 && IsBlank(file, position))
            {
                break;
            }
            string? problem = table is null ? Fields(line, width) : Store(line, width, table, firstLine + count);
            if (problem is not null)
            {
                throw new InputException($"{file.Path}: line {firstLine + count}: {problem}");
            }
            count++;
        }
        return count;
    }

    private static string? Fields(ReadOnlySpan<byte> line, int width)
    {
        int found = line.Count((byte)' ');
        return found == width ? null : $"expected a word and {width} numbers, found {found} after the first space";
    }

    private static string? Store(ReadOnlySpan<byte> line, int width, WordTable table, long number)
    {
        int space = line.IndexOf((byte)' ');
        if (space > WordVectorFile.LongestWord)
        {
            return $"a word of {space} bytes, the limit is {WordVectorFile.LongestWord}";
        }
        Span<float> vector = table.Add(line[..space], $"line {number}");
        for (int i = 0; i < width; i++)
        {
            line = line[(space + 1)..];
            space = line.IndexOf((byte)' ');
            ReadOnlySpan<byte> field = space < 0 ? line : line[..space];
            if (!TryNumber(field, out float value))
            {
                return $"number {i + 1}: expected a finite number, found {Quoted.Of(field)}";
            }
            if (vector.Length > 0)
            {
                vector[i] = value;
            }
        }
        return null;
    }

    private static bool IsBlank(MappedFile file, long position)
    {
        for (long i = position; i < file.Length; i++)
        {
            if (file.Start[i] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
            {
                return false;
            }
        }
        return true;
    }

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> line) => line.TrimEnd(" \t\r\v\f"u8);

    private static bool TryNumber(ReadOnlySpan<byte> field, out float value) =>
        float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
}
