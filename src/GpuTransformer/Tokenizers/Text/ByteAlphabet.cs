using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>GPT-2's alphabet: a printable letter for each byte. Printable bytes of Latin-1 are themselves; the others, in
/// order, are U+0100 and on.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Letters = MakeLetters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The letter of a byte.</summary>
    public static Rune LetterOf(byte value) => new(Letters[value]);

    /// <summary>The byte of a letter.</summary>
    public static bool TryByteOf(char letter, out byte value)
    {
        int found = letter < Bytes.Length ? Bytes[letter] : -1;
        value = (byte)found;
        return found >= 0;
    }

    private static char[] MakeLetters()
    {
        var letters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            letters[value] = (char)(printable ? value : next++);
        }
        return letters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[Letters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++)
        {
            bytes[Letters[value]] = (short)value;
        }
        return bytes;
    }
}
