using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>Text that remembers, for each UTF-16 unit, which range of the original text it came from. Normalizers
/// rewrite it, pre-tokenizers cut it; offsets of tokens follow.</summary>
internal sealed class NormalizedText
{
    private readonly int _origin;
    private char[] _units;
    private int[] _starts;
    private int[] _ends;

    /// <summary>The whole of a text, not yet changed. Half of a surrogate pair becomes U+FFFD.</summary>
    public NormalizedText(string text)
    {
        _units = text.ToCharArray();
        _starts = new int[text.Length];
        _ends = new int[text.Length];
        Length = text.Length;
        for (int i = 0; i < Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                rune = Rune.ReplacementChar;
                _units[i] = (char)rune.Value;
            }
            for (int unit = i; unit < i + rune.Utf16SequenceLength; unit++)
            {
                _starts[unit] = i;
                _ends[unit] = i + rune.Utf16SequenceLength;
            }
            i += rune.Utf16SequenceLength;
        }
    }

    private NormalizedText(int origin, char[] units, int[] starts, int[] ends)
    {
        _origin = origin;
        _units = units;
        _starts = starts;
        _ends = ends;
        Length = units.Length;
    }

    /// <summary>How many UTF-16 units the text has now.</summary>
    public int Length { get; private set; }

    /// <summary>The text as it is now.</summary>
    public ReadOnlySpan<char> Units => _units.AsSpan(0, Length);

    /// <summary>A piece of the text.</summary>
    public NormalizedText Slice(int start, int end) => new(
        start < end ? _starts[start] : _origin, _units[start..end], _starts[start..end], _ends[start..end]);

    /// <summary>Which range of the original text a range of this text came from.</summary>
    public (int Start, int End) OriginalRange(int start, int end) =>
        start < end ? (_starts[start], _ends[end - 1]) : (_origin, _origin);

    /// <summary>Begins a rewrite from the first letter.</summary>
    public Rewrite BeginRewrite() => new(this);

    /// <summary>A new version of the text, made letter by letter: each old letter is replaced or removed, and new ones
    /// go in between.</summary>
    internal struct Rewrite
    {
        private readonly NormalizedText _text;
        private char[] _units;
        private int[] _starts;
        private int[] _ends;
        private int _read;
        private int _written;

        public Rewrite(NormalizedText text)
        {
            _text = text;
            int room = text.Length + 16;
            _units = new char[room];
            _starts = new int[room];
            _ends = new int[room];
        }

        /// <summary>Puts a letter in place of the next old one and takes over where it came from.</summary>
        public void Replace(Rune letter)
        {
            int from = _read;
            Remove();
            Write(letter, _text._starts[from], _text._ends[from]);
        }

        /// <summary>Puts in a letter that stands for no old one: it comes from where the letter before it came.</summary>
        public void Insert(Rune letter)
        {
            if (_read == 0)
            {
                Write(letter, _text._origin, _text._origin);
            }
            else
            {
                Write(letter, _text._starts[_read - 1], _text._ends[_read - 1]);
            }
        }

        /// <summary>Leaves the next old letter out.</summary>
        public void Remove() =>
            _read += char.IsHighSurrogate(_text._units[_read]) && _read + 1 < _text.Length ? 2 : 1;

        /// <summary>Makes the new version the text.</summary>
        public readonly void Commit()
        {
            _text._units = _units;
            _text._starts = _starts;
            _text._ends = _ends;
            _text.Length = _written;
        }

        private void Write(Rune letter, int start, int end)
        {
            if (_written + 2 > _units.Length)
            {
                Array.Resize(ref _units, 2 * _units.Length);
                Array.Resize(ref _starts, _units.Length);
                Array.Resize(ref _ends, _units.Length);
            }
            int length = letter.EncodeToUtf16(_units.AsSpan(_written));
            _starts.AsSpan(_written, length).Fill(start);
            _ends.AsSpan(_written, length).Fill(end);
            _written += length;
        }
    }
}
