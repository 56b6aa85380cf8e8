using System.Numerics;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>Which two UTF-16 units stand next to each other in some piece: certain when it says no, likely when it says
/// yes. One bit for each of some number of pairs.</summary>
internal sealed class NeighbourSet
{
    private const int FewestBits = 1 << 10;
    private const int MostBits = 1 << 20;
    private const int BitsForAPair = 8;

    private readonly ulong[] _bits;
    private readonly uint _mask;

    /// <summary>Takes the pieces.</summary>
    public NeighbourSet(IReadOnlyCollection<string> pieces)
    {
        long pairs = 0;
        foreach (string piece in pieces)
        {
            pairs += piece.Length - 1;
        }
        uint size = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(pairs * BitsForAPair, FewestBits, MostBits));
        _bits = new ulong[size / 64];
        _mask = size - 1;
        foreach (string piece in pieces)
        {
            for (int i = 1; i < piece.Length; i++)
            {
                uint place = Place(piece[i - 1], piece[i]);
                _bits[place / 64] |= 1UL << (int)(place % 64);
            }
        }
    }

    /// <summary>False when no piece holds the two units next to each other.</summary>
    public bool MayHold(char first, char second)
    {
        uint place = Place(first, second);
        return (_bits[place / 64] >> (int)(place % 64) & 1) != 0;
    }

    private uint Place(char first, char second) => (((uint)first << 16 | second) * 0x9E3779B1 >> 11) & _mask;
}
