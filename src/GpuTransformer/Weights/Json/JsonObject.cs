using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Json;

/// <summary>One object of a strict JSON file: typed getters with ranges, whose errors name the file, the key, what was
/// expected and what was found. The text stays as bytes; only an index of keys is made beside it.</summary>
public class JsonObject
{
    /// <summary>Most items that an array getter makes.</summary>
    public const int LongestArray = 1 << 16;

    private readonly ReadOnlyMemory<byte> _json;
    private readonly ReadOnlyMemory<int> _keys;

    /// <summary>Checks <paramref name="json"/> (UTF-8, one object, no duplicate keys, at most 64 deep).</summary>
    internal JsonObject(ReadOnlyMemory<byte> json, string name) : this(json, name, JsonText.Check(json.Span, name))
    {
    }

    private JsonObject(ReadOnlyMemory<byte> json, string name, ReadOnlyMemory<int> keys)
    {
        _json = json;
        _keys = keys;
        Name = name;
    }

    /// <summary>Reads a file of at most <paramref name="limit"/> bytes.</summary>
    internal static JsonObject Load(string path, long limit) => new(BoundedFile.ReadAll(path, limit), path);

    /// <summary>What errors begin with: the file, and within it the path of this object.</summary>
    public string Name { get; }

    /// <summary>The keys, ordered by their bytes.</summary>
    public IEnumerable<string> Keys
    {
        get
        {
            for (int i = 0; i < _keys.Length; i++)
            {
                yield return KeyText(i);
            }
        }
    }

    /// <summary>Bytes of the object's text.</summary>
    internal int ByteLength => _json.Length;

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Length;

    /// <summary>True when the key is there and is not null.</summary>
    public bool Has(string key) => TryValue(key, out _);

    /// <summary>A whole number within [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public int Whole(string key, int min = int.MinValue, int max = int.MaxValue) =>
        (int)WholeAt(key, Value(key), min, max);

    /// <summary>A whole number, or <paramref name="fallback"/> when the key is absent or null.</summary>
    public int WholeOr(string key, int fallback, int min = int.MinValue, int max = int.MaxValue) =>
        TryValue(key, out Utf8JsonReader value) ? (int)WholeAt(key, value, min, max) : fallback;

    /// <summary>A finite number within [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public double Number(string key, double min = double.MinValue, double max = double.MaxValue) =>
        NumberAt(key, Value(key), min, max);

    /// <summary>A finite number, or <paramref name="fallback"/> when the key is absent or null.</summary>
    public double NumberOr(string key, double fallback, double min = double.MinValue, double max = double.MaxValue) =>
        TryValue(key, out Utf8JsonReader value) ? NumberAt(key, value, min, max) : fallback;

    /// <summary>true or false.</summary>
    public bool Flag(string key) => FlagAt(key, Value(key));

    /// <summary>true or false, or <paramref name="fallback"/> when the key is absent or null.</summary>
    public bool FlagOr(string key, bool fallback) =>
        TryValue(key, out Utf8JsonReader value) ? FlagAt(key, value) : fallback;

    /// <summary>A string.</summary>
    public string Text(string key) => TextAt(key, Value(key));

    /// <summary>A string, or <paramref name="fallback"/> when the key is absent or null.</summary>
    public string TextOr(string key, string fallback) =>
        TryValue(key, out Utf8JsonReader value) ? TextAt(key, value) : fallback;

    /// <summary>Bytes written as base64.</summary>
    internal byte[] Base64(string key)
    {
        Utf8JsonReader value = Value(key);
        return value.TokenType == JsonTokenType.String && value.TryGetBytesFromBase64(out byte[]? bytes)
            ? bytes
            : throw Error(key, "bytes as base64", Describe(value));
    }

    /// <summary>A string that is one of <paramref name="allowed"/>.</summary>
    public string OneOf(string key, params ReadOnlySpan<string> allowed)
    {
        string value = Text(key);
        return allowed.Contains(value) ? value : throw Error(key, $"one of {string.Join(", ", allowed!)}", Quoted.Of(value));
    }

    /// <summary>An array of strings, at most <see cref="LongestArray"/>.</summary>
    public string[] Texts(string key)
    {
        var values = new string[ItemCount(key)];
        Utf8JsonReader reader = Array(key);
        for (int i = 0; i < values.Length; i++)
        {
            reader.Read();
            values[i] = TextAt(key, reader);
        }
        return values;
    }

    /// <summary>Whole numbers: an array of at most <see cref="LongestArray"/>, or one number standing alone.</summary>
    public int[] Wholes(string key, int min = int.MinValue, int max = int.MaxValue)
    {
        if (Value(key).TokenType == JsonTokenType.Number)
        {
            return [Whole(key, min, max)];
        }
        var values = new int[ItemCount(key)];
        Utf8JsonReader reader = Array(key);
        for (int i = 0; i < values.Length; i++)
        {
            reader.Read();
            values[i] = (int)WholeAt(key, reader, min, max);
        }
        return values;
    }

    /// <summary>An array of finite numbers, at most <see cref="LongestArray"/>.</summary>
    public double[] Numbers(string key, double min = double.MinValue, double max = double.MaxValue)
    {
        var values = new double[ItemCount(key)];
        Utf8JsonReader reader = Array(key);
        for (int i = 0; i < values.Length; i++)
        {
            reader.Read();
            values[i] = NumberAt(key, reader, min, max);
        }
        return values;
    }

    /// <summary>The object under the key, or null when the key is absent or null.</summary>
    public JsonObject? Section(string key)
    {
        if (!TryValue(key, out Utf8JsonReader value))
        {
            return null;
        }
        if (value.TokenType != JsonTokenType.StartObject)
        {
            throw Error(key, "an object", Describe(value));
        }
        int start = JsonKeys.ValueStart(_json.Span, _keys.Span[Find(key)]);
        return Part(start, key);
    }

    /// <summary>The objects of the array under the key; none when the key is absent or null.</summary>
    public IReadOnlyList<JsonObject> Sections(string key)
    {
        var parts = new List<JsonObject>();
        if (!Has(key))
        {
            return parts;
        }
        int start = JsonKeys.ValueStart(_json.Span, _keys.Span[Find(key)]);
        Utf8JsonReader reader = Array(key);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Error($"{key}[{parts.Count}]", "an object", Describe(reader));
            }
            parts.Add(Part(start + (int)reader.TokenStartIndex, $"{key}[{parts.Count}]"));
            reader.Skip();
        }
        return parts;
    }

    /// <summary>The string values of an object such as id2label, in the order of its keys' bytes.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> TextPairs(string key)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        if (Section(key) is { } section)
        {
            for (int i = 0; i < section.Count; i++)
            {
                string name = section.KeyText(i);
                pairs.Add(new(name, section.TextAt(name, section.ValueAt(i))));
            }
        }
        return pairs;
    }

    /// <summary>The kind of value under the key; None when absent.</summary>
    internal JsonTokenType Kind(string key)
    {
        int found = Find(key);
        return found < 0 ? JsonTokenType.None : ValueAt(found).TokenType;
    }

    /// <summary>A reader that stands on the value's first token, for parts too large for the getters.</summary>
    internal Utf8JsonReader Value(string key)
    {
        int found = Find(key);
        return found >= 0 ? ValueAt(found) : throw new InputException($"{Name}: the key \"{key}\" is missing");
    }

    /// <summary>A reader that stands on the start of the array under the key.</summary>
    internal Utf8JsonReader Array(string key)
    {
        Utf8JsonReader reader = Value(key);
        return reader.TokenType == JsonTokenType.StartArray ? reader : throw Error(key, "an array", Describe(reader));
    }

    /// <summary>The error for a value that is not what it must be.</summary>
    public InputException Error(string key, string expected, string found) =>
        new($"{Name}: {key}: expected {expected}, found {Quoted.Plain(found)}");

    /// <summary>The string a reader stands on; half of a surrogate pair is an error.</summary>
    internal string TextAt(string key, scoped in Utf8JsonReader value)
    {
        if (value.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw Error(key, "a string", Describe(value));
        }
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new InputException($"{Name}: {key}: expected text, found half of a surrogate pair", error);
        }
    }

    /// <summary>The whole number a reader stands on. 1.0, 1e3 and "12" are not whole numbers.</summary>
    internal long WholeAt(string key, scoped in Utf8JsonReader value, long min, long max)
    {
        if (value.TokenType == JsonTokenType.Number && value.TryGetInt64(out long number) && number >= min && number <= max)
        {
            return number;
        }
        throw Error(key, $"a whole number from {min} to {max}", Describe(value));
    }

    private int ItemCount(string key)
    {
        Utf8JsonReader reader = Array(key);
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Skip();
            count++;
        }
        return count <= LongestArray ? count : throw Error(key, $"at most {LongestArray} items", $"{count}");
    }

    private double NumberAt(string key, scoped in Utf8JsonReader value, double min, double max)
    {
        string range = min == double.MinValue && max == double.MaxValue ? "" : $" from {min} to {max}";
        if (value.TokenType == JsonTokenType.Number && value.TryGetDouble(out double number)
            && double.IsFinite(number) && number >= min && number <= max)
        {
            return number;
        }
        throw Error(key, $"a finite number{range}", Describe(value));
    }

    private bool FlagAt(string key, scoped in Utf8JsonReader value) =>
        value.TokenType is JsonTokenType.True or JsonTokenType.False
            ? value.TokenType == JsonTokenType.True
            : throw Error(key, "true or false", Describe(value));

    private static string Describe(scoped in Utf8JsonReader value) => value.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Null => "null",
        JsonTokenType.Number => Encoding.UTF8.GetString(value.ValueSpan[..Math.Min(40, value.ValueSpan.Length)]),
        JsonTokenType.String => Quoted.Of(value.ValueSpan),
        _ => value.TokenType.ToString(),
    };

    private JsonObject Part(int start, string key)
    {
        int[] keys = JsonText.KeysOf(_json.Span[start..], out int length);
        return new JsonObject(_json.Slice(start, length), $"{Name}: {key}", keys);
    }

    private bool TryValue(string key, out Utf8JsonReader value)
    {
        int found = Find(key);
        value = found >= 0 ? ValueAt(found) : default;
        return found >= 0 && value.TokenType != JsonTokenType.Null;
    }

    private Utf8JsonReader ValueAt(int index) => JsonKeys.ValueReader(_json.Span, _keys.Span[index]);

    private string KeyText(int index) =>
        TextAt("a key", JsonKeys.ReaderAt(_json.Span, _keys.Span[index]));

    private int Find(string key)
    {
        byte[] plain = Encoding.UTF8.GetBytes(key);
        int low = 0;
        int high = _keys.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = JsonKeys.CompareWith(_json.Span[_keys.Span[middle]..], plain);
            if (order == 0)
            {
                return middle;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }
}
