using System.Buffers.Binary;
using System.Text;
using GpuTransformer.Tokenizers.SentencePiece;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Writes SentencePiece models, whole or broken in one place.</summary>
internal sealed class SentencePieceBuilder
{
    private readonly List<byte[]> _pieces = [];
    private readonly List<byte> _trainer = [];
    private readonly List<byte> _normalizer = [];

    /// <summary>Begins with an unknown piece, unless <paramref name="withUnknown"/> is false.</summary>
    public SentencePieceBuilder(SentencePieceKind kind, bool withUnknown = true)
    {
        _trainer.AddRange(Number(3, (ulong)kind));
        if (withUnknown)
        {
            Piece("<unk>", 0, PieceType.Unknown);
        }
    }

    /// <summary>The file's fields after its pieces; null: those that were set.</summary>
    public byte[]? Tail { get; set; }

    public SentencePieceBuilder Piece(string text, float score, PieceType type = PieceType.Normal) =>
        Piece([.. Bytes(1, Encoding.UTF8.GetBytes(text)), .. Single(2, score), .. Number(3, (ulong)type)]);

    public SentencePieceBuilder Piece(byte[] fields)
    {
        _pieces.Add(Bytes(1, fields));
        return this;
    }

    /// <summary>All letters of a text as pieces that nothing merges into.</summary>
    public SentencePieceBuilder Letters(string letters, float score = -20)
    {
        foreach (Rune letter in letters.EnumerateRunes())
        {
            Piece(letter.ToString(), score);
        }
        return this;
    }

    /// <summary>The 256 pieces that stand for bytes.</summary>
    public SentencePieceBuilder ByteFallback()
    {
        for (int value = 0; value < 256; value++)
        {
            Piece($"<0x{value:X2}>", 0, PieceType.Byte);
        }
        return Trainer(Number(35, 1));
    }

    public SentencePieceBuilder Trainer(byte[] field)
    {
        _trainer.AddRange(field);
        return this;
    }

    public SentencePieceBuilder Normalizer(byte[] field)
    {
        _normalizer.AddRange(field);
        return this;
    }

    /// <summary>Spaces as they are: none put in front, none taken out.</summary>
    public SentencePieceBuilder Plain() => Normalizer([.. Number(3, 0), .. Number(4, 0)]);

    public byte[] Build() =>
        [.. _pieces.SelectMany(piece => piece), .. Tail ?? [.. Bytes(2, [.. _trainer]), .. Bytes(3, [.. _normalizer])]];

    public static byte[] Number(int field, ulong value) => [.. Varint((ulong)field << 3), .. Varint(value)];

    public static byte[] Bytes(int field, byte[] value) =>
        [.. Varint((ulong)field << 3 | 2), .. Varint((ulong)value.Length), .. value];

    public static byte[] Single(int field, float value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return [.. Varint((ulong)field << 3 | 5), .. bytes];
    }

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        return [.. bytes, (byte)value];
    }

    /// <summary>A character map that turns one letter of ASCII into a text: a trie of one key.</summary>
    public static byte[] CharsMap(char key, string text, uint valueOfKey = 0, uint offsetOfRoot = 256)
    {
        // The root's children begin at 256; the key's value stands at 512.
        var units = new uint[1024];
        units[0] = offsetOfRoot << 10;
        int child = 256 ^ key;
        units[child] = key | 1u << 8 | (uint)(child ^ 512) << 10;
        units[512] = 1u << 31 | valueOfKey;
        return CharsMap(units, text);
    }

    public static byte[] CharsMap(uint[] units, string text)
    {
        var bytes = new byte[4 + 4 * units.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(4 * units.Length));
        for (int i = 0; i < units.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 + 4 * i), units[i]);
        }
        return [.. bytes, .. Encoding.UTF8.GetBytes(text), 0];
    }
}
