using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GpuTransformer.Cli.Text;

/// <summary>Reads {"text": …, "pair": …} from a line. Half a surrogate pair, which JSON can write and UTF-8 cannot, stays
/// what it is.</summary>
internal static class JsonTextLine
{
    /// <summary>The input of a line that is such an object.</summary>
    /// <param name="line">The line.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="problem">Why it is none, else null.</param>
    public static TextInput? Read(string line, string place, out string? problem)
    {
        string? text = null;
        string? pair = null;
        problem = null;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(line));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                problem = "expected a JSON object with a string \"text\"";
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isText = reader.ValueTextEquals("text"u8);
                var isPair = reader.ValueTextEquals("pair"u8);
                reader.Read();
                if (isText || (isPair && reader.TokenType != JsonTokenType.Null))
                {
                    if (reader.TokenType != JsonTokenType.String)
                    {
                        problem = $"\"{(isText ? "text" : "pair")}\" is not a string";
                        return null;
                    }

                    (text, pair) = isText ? (Unescape(reader), pair) : (text, Unescape(reader));
                }

                reader.Skip();
            }

            while (reader.Read())
            {
            }
        }
        catch (JsonException error)
        {
            problem = $"not valid JSON at byte {error.BytePositionInLine + 1}";
            return null;
        }

        problem = text is null ? "the JSON object has no \"text\"" : null;
        return text is null ? null : new TextInput(place, text, pair);
    }

    // The reader has checked the escapes; its own GetString refuses half a surrogate pair.
    private static string Unescape(in Utf8JsonReader reader)
    {
        var raw = Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        if (!reader.ValueIsEscaped)
        {
            return raw;
        }

        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            i++;
            if (raw[i] == 'u')
            {
                text.Append((char)int.Parse(raw.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 4;
                continue;
            }

            text.Append(raw[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var same => same });
        }

        return text.ToString();
    }
}
