using System.Text.Json;
using System.Text.Unicode;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Json;

/// <summary>Checks a whole JSON text before anything in it is believed: valid UTF-8, one object, well-formed, nested at
/// most 64 deep, no key twice in one object at any depth. Two passes, no recursion, four bytes of memory for each key
/// of the objects open at one time.</summary>
internal static class JsonText
{
    private const int FewKeys = 64;
    private const int LongestReason = 200;

    /// <summary>Deepest nesting allowed.</summary>
    public const int Depth = 64;

    /// <summary>How every text is read: no comments, no trailing commas.</summary>
    public static JsonReaderOptions Options { get; } = new() { MaxDepth = Depth };

    /// <summary>Checks the text and returns the keys of its outer object, ordered by name: each is the position just
    /// after the key's opening quote.</summary>
    /// <param name="json">The text.</param>
    /// <param name="what">What errors begin with: the file, or the file and a part of it.</param>
    /// <param name="onlySpacesAfter">True when nothing but spaces (not even a line feed) may follow the object.</param>
    /// <param name="mostKeys">Most keys of the outer object; more are refused before anything is put in order.</param>
    public static Memory<int> Check(
        ReadOnlySpan<byte> json, string what, bool onlySpacesAfter = false, int mostKeys = int.MaxValue)
    {
        if (!Utf8.IsValid(json))
        {
            throw new InputException($"{what}: expected UTF-8 text, found bytes that are not");
        }
        try
        {
            int mostOpenKeys = Measure(json, what, out int end, out int outerKeys);
            ReadOnlySpan<byte> padding = onlySpacesAfter ? " "u8 : " \t\r\n"u8;
            int stray = json[end..].IndexOfAnyExcept(padding);
            if (stray >= 0)
            {
                throw new InputException($"{what}: expected only spaces after the object, found byte " +
                    $"0x{json[end + stray]:x2} at byte {end + stray}");
            }
            if (outerKeys > mostKeys)
            {
                throw new InputException($"{what}: {outerKeys} keys, the limit is {mostKeys}");
            }
            return OrderKeys(json, what, new int[mostOpenKeys]);
        }
        catch (JsonException error)
        {
            throw new InputException(
                $"{what}: not valid JSON nested at most {Depth} deep: {Reason(error)}", error);
        }
    }

    /// <summary>The keys of the object that begins a text which was checked before, ordered by name.</summary>
    /// <param name="json">From the object's first byte on.</param>
    /// <param name="length">Bytes of the object.</param>
    public static int[] KeysOf(ReadOnlySpan<byte> json, out int length)
    {
        // Large sections have few keys: one pass finds both their places and the end.
        Span<int> few = stackalloc int[FewKeys];
        int count = VisitKeys(json, few, out length);
        var keys = new int[count];
        if (count <= FewKeys)
        {
            few[..count].CopyTo(keys);
        }
        else
        {
            VisitKeys(json, keys, out _);
        }
        Sort(json, keys);
        return keys;
    }

    // The reader's words quote all that follows a misspelt literal; where it stands comes after them.
    private static string Reason(JsonException error) => error.Message.Length <= LongestReason
        ? error.Message
        : $"{Quoted.Plain(error.Message)} LineNumber: {error.LineNumber} | BytePositionInLine: {error.BytePositionInLine}.";

    // Counts the outer object's keys and notes as many of their places as there is room for.
    private static int VisitKeys(ReadOnlySpan<byte> json, Span<int> places, out int length)
    {
        int count = 0;
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (count < places.Length)
            {
                places[count] = (int)reader.TokenStartIndex + 1;
            }
            count++;
            reader.Skip();
        }
        length = (int)reader.BytesConsumed;
        return count;
    }

    private static unsafe void Sort(ReadOnlySpan<byte> json, Span<int> keys)
    {
        fixed (byte* text = json)
        {
            keys.Sort(new KeyOrder(text, json.Length));
        }
    }

    // The most keys that are in open objects at one time, where the outer object ends and how many keys it has.
    private static int Measure(ReadOnlySpan<byte> json, string what, out int end, out int outerKeys)
    {
        Span<int> keysAt = stackalloc int[Depth + 1];
        int open = 0;
        int most = 0;
        var reader = new Utf8JsonReader(json, Options);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    keysAt[reader.CurrentDepth] = 0;
                    break;
                case JsonTokenType.PropertyName:
                    keysAt[reader.CurrentDepth - 1]++;
                    most = Math.Max(most, ++open);
                    break;
                case JsonTokenType.EndObject:
                    open -= keysAt[reader.CurrentDepth];
                    break;
                default:
                    break;
            }
            if (reader.CurrentDepth == 0)
            {
                if (reader.TokenType == JsonTokenType.EndObject)
                {
                    end = (int)reader.BytesConsumed;
                    outerKeys = keysAt[0];
                    return most;
                }
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    break;
                }
            }
        }
        throw new InputException($"{what}: expected a JSON object, found {reader.TokenType}");
    }

    private static unsafe Memory<int> OrderKeys(ReadOnlySpan<byte> json, string what, int[] keys)
    {
        Span<int> firstKey = stackalloc int[Depth + 1];
        int top = 0;
        var reader = new Utf8JsonReader(json, Options);
        fixed (byte* text = json)
        {
            var order = new KeyOrder(text, json.Length);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    firstKey[reader.CurrentDepth] = top;
                }
                else if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    keys[top++] = (int)reader.TokenStartIndex + 1;
                }
                else if (reader.TokenType == JsonTokenType.EndObject)
                {
                    int first = firstKey[reader.CurrentDepth];
                    // Only the outer object's keys are looked up in order; a vocabulary's are quicker to hash than to sort.
                    if (reader.CurrentDepth == 0 || top - first <= FewKeys || !KeySet.AreDifferent(json, keys.AsSpan(first, top - first)))
                    {
                        RefuseDuplicates(json, what, keys.AsSpan(first, top - first), order);
                    }
                    if (reader.CurrentDepth == 0)
                    {
                        break;
                    }
                    top = first;
                }
            }
        }
        return keys.AsMemory(0, top);
    }

    private static void RefuseDuplicates(ReadOnlySpan<byte> json, string what, Span<int> keys, KeyOrder order)
    {
        keys.Sort(order);
        for (int i = 1; i < keys.Length; i++)
        {
            if (order.Compare(keys[i - 1], keys[i]) == 0)
            {
                ReadOnlySpan<byte> key = JsonKeys.ReaderAt(json, keys[i]).ValueSpan;
                throw new InputException($"{what}: the key {Quoted.Of(key)} stands twice in one object");
            }
        }
    }

    private sealed unsafe class KeyOrder(byte* text, int length) : IComparer<int>
    {
        public int Compare(int x, int y) =>
            JsonKeys.Compare(new ReadOnlySpan<byte>(text + x, length - x), new ReadOnlySpan<byte>(text + y, length - y));
    }
}
