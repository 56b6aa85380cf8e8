using System.Buffers.Text;
using System.Text.Unicode;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.WordFiles;

/// <summary>Tells the forms of word vector files apart: a first line of two whole numbers is word2vec's, and what follows
/// it is text or binary; any other first line is a word and numbers, GloVe's.</summary>
internal static unsafe class WordVectorFile
{
    /// <summary>Most numbers of a vector.</summary>
    public const int Widest = 1 << 16;

    /// <summary>Longest word in bytes.</summary>
    public const int LongestWord = 1 << 12;

    // Letters of one number as text: a float64 in full takes 25.
    private const int LongestNumber = 64;

    private const int ReadableBytes = 512;
    private const int LongestLetter = 4;

    /// <summary>Reads a file of any form.</summary>
    public static WordVectors Read(MappedFile file)
    {
        ReadOnlySpan<byte> start = file.Bytes(0, (int)Math.Min(file.Length, LongestWord));
        int feed = start.IndexOf((byte)'\n');
        int lineEnd = feed < 0 ? start.Length : feed;
        if (Header(start[..lineEnd]) is not var (count, width))
        {
            return TextVectors.Read(file, 0, null, FirstWidth(file));
        }
        if (width is < 1 or > Widest)
        {
            throw new InputException($"{file.Path}: line 1: expected vectors of 1 to {Widest} numbers, found {width}");
        }
        long left = Math.Max(0, file.Length - lineEnd - 1);
        bool isText = IsText(file.Bytes(file.Length - left, (int)Math.Min(left, Longest((int)width))), (int)width);
        // The least that a record takes: a word, then four bytes or two letters for each number.
        CheckedSize least = (CheckedSize)count * (1 + (isText ? 2L : 4L) * width + (isText ? 0 : 1));
        if (!least.Within(left))
        {
            throw new InputException($"{file.Path}: line 1: {count} vectors of {width} numbers need at least {least} bytes, " +
                $"{left} are left");
        }
        return isText
            ? TextVectors.Read(file, file.Length - left, count, (int)width)
            : BinaryVectors.Read(file, file.Length - left, count, (int)width);
    }

    // "count width", both whole numbers.
    private static (long Count, long Width)? Header(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd(" \t\r"u8);
        int space = line.IndexOf((byte)' ');
        return space > 0 && Whole(line[..space]) is { } count && Whole(line[(space + 1)..]) is { } width
            ? (count, width)
            : null;
    }

    // Digits that stand for more than fits are the most that fits, which no file can hold.
    private static long? Whole(ReadOnlySpan<byte> digits) =>
        digits.Length == 0 || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 ? null :
        Utf8Parser.TryParse(digits, out long value, out _) ? value : long.MaxValue;

    private static int Longest(int width) => LongestWord + width * LongestNumber;

    // A line of as many numbers, or at least nothing but text: then the error names what is wrong with the line.
    private static bool IsText(ReadOnlySpan<byte> start, int width)
    {
        int end = start.IndexOf((byte)'\n');
        return (TextVectors.TryCount(end < 0 ? start : start[..end], out int found) && found == width) || IsReadable(start);
    }

    // Numbers in binary are soon a zero, another control byte, or no UTF-8.
    private static bool IsReadable(ReadOnlySpan<byte> start)
    {
        start = start[..Math.Min(start.Length, ReadableBytes)];
        int control = start.IndexOfAnyInRange<byte>(0, 0x1f);
        while (control >= 0 && start[control] is (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            int next = start[(control + 1)..].IndexOfAnyInRange<byte>(0, 0x1f);
            control = next < 0 ? -1 : control + 1 + next;
        }
        bool isUtf8 = false;
        for (int cut = 0; cut < LongestLetter && cut <= start.Length; cut++)
        {
            isUtf8 |= Utf8.IsValid(start[..^cut]);
        }
        return control < 0 && isUtf8;
    }

    // The first line of a file without a header says how many numbers there are.
    private static int FirstWidth(MappedFile file)
    {
        ReadOnlySpan<byte> start = file.Bytes(0, (int)Math.Min(file.Length, Longest(Widest)));
        int end = start.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? start : start[..end];
        return TextVectors.TryCount(line, out int width) && width is >= 1 and <= Widest
            ? width
            : throw new InputException($"{file.Path}: line 1: expected two whole numbers (word2vec), or a word and 1 to " +
                $"{Widest} numbers (GloVe), found {Quoted.Of(line)}");
    }
}
