using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Cli.Text;

/// <summary>Lines of a stream of UTF-8, read as they are asked for: LF or CRLF ends one, a byte order mark at the start is
/// taken off, the last needs no end. Bytes that are not UTF-8 and lines beyond <see cref="LongestLine"/> are bad lines,
/// never altered ones.</summary>
/// <param name="stream">Where from.</param>
/// <param name="format">How a line is understood.</param>
/// <param name="longest">Most bytes of a line.</param>
internal sealed class InputLines(Stream stream, TextFormat format, int longest = InputLines.LongestLine)
{
    /// <summary>Most bytes of a line, unless other is said.</summary>
    public const int LongestLine = 256 << 20;

    private const int ReadSize = 64 << 10;
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    private byte[] _bytes = new byte[ReadSize];
    private int _start;
    private int _end;
    private long _number;
    private long _read;

    /// <summary>The inputs, in order.</summary>
    public IEnumerable<TextInput> All()
    {
        while (Next() is { } input)
        {
            yield return input with { End = _read - (_end - _start) };
        }
    }

    /// <summary>One line understood as the format says; an empty one is an empty text.</summary>
    public static TextInput Parse(string line, string place, TextFormat format)
    {
        if (line.Length == 0 || format == TextFormat.Text || (format == TextFormat.Auto && !line.AsSpan().TrimStart().StartsWith('{')))
        {
            return new TextInput(place, line);
        }

        var input = JsonTextLine.Read(line, place, out var problem);
        return input ?? (format == TextFormat.Auto ? new TextInput(place, line) : TextInput.Bad(place, problem!));
    }

    private TextInput? Next()
    {
        var length = FindEnd(out var found);
        if (length < 0)
        {
            return null;
        }

        _number++;
        if (length > longest)
        {
            SkipLine(found);
            return TextInput.Bad($"line {_number}", $"longer than {longest:N0} bytes");
        }

        var line = _bytes.AsSpan(_start, length);
        _start += length + (found ? 1 : 0);
        if (_number == 1 && line.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
        }

        return Decode(line.EndsWith("\r"u8) ? line[..^1] : line, $"line {_number}");
    }

    private TextInput Decode(ReadOnlySpan<byte> line, string place)
    {
        try
        {
            return Parse(s_strict.GetString(line), place, format);
        }
        catch (DecoderFallbackException error)
        {
            var hint = _number == 1 && (line.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || line.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
                ? " (this looks like UTF-16)"
                : "";
            return TextInput.Bad(place, $"byte {error.Index + 1} (0x{line[Math.Clamp(error.Index, 0, line.Length - 1)]:X2}) is not UTF-8{hint}");
        }
    }

    // Bytes of the next line that are in the buffer; -1 at the end of the stream. Stops growing past the limit.
    private int FindEnd(out bool found)
    {
        var looked = 0;
        while (true)
        {
            var at = _bytes.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n');
            looked = at < 0 ? _end - _start : looked + at;
            found = at >= 0;
            if (found || looked > longest)
            {
                return looked;
            }

            if (!Fill())
            {
                return looked == 0 ? -1 : looked;
            }
        }
    }

    private void SkipLine(bool found)
    {
        while (!found)
        {
            _start = _end = 0;
            if (!Fill())
            {
                return;
            }

            found = _bytes.AsSpan(0, _end).Contains((byte)'\n');
        }

        _start += _bytes.AsSpan(_start, _end - _start).IndexOf((byte)'\n') + 1;
    }

    private bool Fill()
    {
        if (_start > 0 && (_start == _end || _end == _bytes.Length))
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(2L * _bytes.Length, (long)longest + ReadSize));
        }

        int count;
        try
        {
            count = stream.Read(_bytes, _end, _bytes.Length - _end);
        }
        catch (IOException error)
        {
            throw new InputException($"the input cannot be read after line {_number}: {error.Message}", error);
        }

        _end += count;
        _read += count;
        return count > 0;
    }
}
