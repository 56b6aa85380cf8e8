using System.Buffers;
using System.Globalization;
using System.Text;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>The tokens that stand for single bytes: &lt;0x00&gt; to &lt;0xFF&gt;.</summary>
internal sealed class ByteTokens
{
    private readonly int[] _ids = new int[256];

    /// <summary>Looks the tokens up; some or all may be missing.</summary>
    public ByteTokens(Vocabulary vocabulary)
    {
        for (int value = 0; value < _ids.Length; value++)
        {
            _ids[value] = vocabulary.IdOf(NameOf(value)) ?? -1;
        }
    }

    /// <summary>The token that stands for a byte.</summary>
    public static string NameOf(int value) => $"<0x{value:X2}>";

    /// <summary>The byte that a token stands for, or -1. Hexadecimal digits may be small ones; a plus sign may stand in
    /// place of the first.</summary>
    public static int ByteOf(ReadOnlySpan<char> token)
    {
        if (token.Length != 6 || !token.StartsWith("<0x") || token[5] != '>')
        {
            return -1;
        }
        ReadOnlySpan<char> digits = token[3] == '+' ? token[4..5] : token[3..5];
        return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) ? value : -1;
    }

    /// <summary>The id of a byte's token, or -1.</summary>
    public int IdOf(byte value) => _ids[value];

    /// <summary>Adds a token for each byte of the letters' UTF-8, all covering [start, end); false, and none added, when
    /// one is missing.</summary>
    public bool TryAdd(ReadOnlySpan<char> letters, int start, int end, List<ModelToken> tokens)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(letters.Length));
        ReadOnlySpan<byte> bytes = rented.AsSpan(0, Encoding.UTF8.GetBytes(letters, rented));
        bool known = true;
        foreach (byte value in bytes)
        {
            known &= _ids[value] >= 0;
        }
        foreach (byte value in known ? bytes : [])
        {
            tokens.Add(new ModelToken(_ids[value], start, end));
        }
        ArrayPool<byte>.Shared.Return(rented);
        return known;
    }
}
