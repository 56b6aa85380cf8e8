using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>The pieces of a model by text: those found in text, and those that are not (control marks, bytes, the unknown
/// one), which a text may be named like.</summary>
internal sealed class PieceInventory
{
    private readonly SentencePieceSpec _spec;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _inText;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _reserved;

    /// <summary>Checks the pieces as SentencePiece does: none twice, exactly one unknown, all bytes or none.</summary>
    public PieceInventory(SentencePieceSpec spec, string source)
    {
        _spec = spec;
        InText = new Dictionary<string, int>(spec.Pieces.Length);
        var reserved = new Dictionary<string, int>();
        for (int id = 0; id < spec.Pieces.Length; id++)
        {
            string piece = spec.Pieces[id];
            bool isText = spec.Types[id] is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;
            if (!(isText ? InText : reserved).TryAdd(piece, id))
            {
                throw new InputException($"{source}: pieces[{id}]: {Quoted.Of(piece)} is there already");
            }
            LongestInText = isText ? Math.Max(LongestInText, piece.Length) : LongestInText;
            if (spec.Types[id] == PieceType.Unknown)
            {
                Unknown = Unknown < 0 ? id : throw new InputException(
                    $"{source}: pieces[{id}]: a second unknown piece; the first is pieces[{Unknown}]");
            }
        }
        _inText = InText.GetAlternateLookup<ReadOnlySpan<char>>();
        _reserved = reserved.GetAlternateLookup<ReadOnlySpan<char>>();
        if (Unknown < 0)
        {
            throw new InputException($"{source}: pieces: none of them is the unknown one");
        }
        Vocabulary = new Vocabulary(spec.Pieces, Named(InText, reserved));
        CheckBytes(source);
        Dictionary<string, int> userDefined = InText.Where(piece => spec.Types[piece.Value] == PieceType.UserDefined).ToDictionary();
        UserDefined = userDefined.Count > 0 ? new PieceTrie(userDefined) : null;
    }

    /// <summary>Pieces that are found in text, unused ones among them.</summary>
    public Dictionary<string, int> InText { get; }

    /// <summary>Most UTF-16 units of a piece that is found in text.</summary>
    public int LongestInText { get; }

    /// <summary>All pieces.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The unknown piece.</summary>
    public int Unknown { get; } = -1;

    /// <summary>The pieces that stand for bytes; null when what is unknown stays unknown.</summary>
    public ByteTokens? Bytes { get; private set; }

    /// <summary>Pieces that are cut out whole; null when there are none.</summary>
    public PieceTrie? UserDefined { get; }

    /// <summary>A piece's kind.</summary>
    public PieceType TypeOf(int id) => _spec.Types[id];

    /// <summary>A piece's score.</summary>
    public float ScoreOf(int id) => _spec.Scores[id];

    /// <summary>A piece that is found in text, or -1.</summary>
    public int Find(ReadOnlySpan<char> text) => _inText.TryGetValue(text, out int id) ? id : -1;

    /// <summary>The id that a text has: of a piece that is not found in text if it is named so, else of one that is, else
    /// the unknown piece.</summary>
    public int IdOf(ReadOnlySpan<char> text) =>
        _reserved.TryGetValue(text, out int id) || _inText.TryGetValue(text, out id) ? id : Unknown;

    private static Dictionary<string, int> Named(Dictionary<string, int> inText, Dictionary<string, int> reserved)
    {
        var ids = new Dictionary<string, int>(inText);
        foreach ((string piece, int id) in reserved)
        {
            ids[piece] = id;
        }
        return ids;
    }

    private void CheckBytes(string source)
    {
        for (int id = 0; id < _spec.Pieces.Length; id++)
        {
            if (_spec.Types[id] == PieceType.Byte
                && (!_spec.ByteFallback || ByteTokens.ByteOf(_spec.Pieces[id]) is var value && (value < 0 || ByteTokens.NameOf(value) != _spec.Pieces[id])))
            {
                throw new InputException($"{source}: pieces[{id}]: " + (_spec.ByteFallback
                    ? $"expected <0x00> to <0xFF>, found {Quoted.Of(_spec.Pieces[id])}"
                    : "a byte, although trainer_spec.byte_fallback is false"));
            }
        }
        if (!_spec.ByteFallback)
        {
            return;
        }
        Bytes = new ByteTokens(Vocabulary);
        for (int value = 0; value < 256; value++)
        {
            if (Bytes.IdOf((byte)value) is var id && (id < 0 || _spec.Types[id] != PieceType.Byte))
            {
                throw new InputException($"{source}: trainer_spec.byte_fallback is true, but the piece " +
                    $"{ByteTokens.NameOf(value)} is missing");
            }
        }
    }
}
