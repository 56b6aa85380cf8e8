using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GpuTransformer.Cli.Text;

/// <summary>JSON that a person can read: letters of every script and emoji stand as they are. The library's relaxed encoder
/// escapes all that lies beyond the Basic Multilingual Plane. What ends a line for anybody (C0, C1 with NEL, U+2028,
/// U+2029) is escaped; half a surrogate pair becomes U+FFFD.</summary>
internal sealed unsafe class ReadableJson : JavaScriptEncoder
{
    /// <summary>Options of every JSON line.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = new ReadableJson(), SkipValidation = true };

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <summary>One JSON value, without its line end.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar is
        < 0x20 or '"' or '\\' or (>= 0x7F and <= 0x9F) or 0x2028 or 0x2029 or (>= 0xD800 and <= 0xDFFF) or 0xFFFE or 0xFFFF;

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (var i = 0; i < textLength; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < textLength && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (WillEncode(text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        Span<char> escape = stackalloc char[6];
        var shortForm = unicodeScalar switch { '"' => '"', '\\' => '\\', '\n' => 'n', '\r' => 'r', '\t' => 't', '\b' => 'b', '\f' => 'f', _ => '\0' };
        if (shortForm != 0)
        {
            (escape[0], escape[1]) = ('\\', shortForm);
            escape = escape[..2];
        }
        else if (!WillEncode(unicodeScalar))
        {
            escape = escape[..new System.Text.Rune(unicodeScalar).EncodeToUtf16(escape)];
        }
        else
        {
            escape[0] = '\\';
            escape[1] = 'u';
            unicodeScalar.TryFormat(escape[2..], out _, "x4");
        }

        var fits = escape.TryCopyTo(new Span<char>(buffer, bufferLength));
        numberOfCharactersWritten = fits ? escape.Length : 0;
        return fits;
    }
}
