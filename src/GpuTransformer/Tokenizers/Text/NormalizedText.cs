using System.Text;

namespace GpuTransformer.Tokenizers.Text;

/// <summary>Text that remembers, for each UTF-16 unit, which range of the original text it came from. Normalizers
/// rewrite it, pre-tokenizers cut it; offsets of tokens follow. A slice shares what it was cut from, and a text that no
/// letter was added to or taken from needs no memory for where its letters came from.</summary>
internal sealed class NormalizedText
{
    private readonly int _origin;

    // Never written again once a text has them. Unit i stands at _first + i, where it came from at _shift + _first + i of
    // the two ranges, or without ranges at that place of the original text itself.
    private char[] _units;
    private int[]? _starts;
    private int[]? _ends;
    private int _first;
    private int _shift;

    /// <summary>The whole of a text, not yet changed. Half of a surrogate pair becomes U+FFFD.</summary>
    public NormalizedText(string text)
    {
        _units = text.ToCharArray();
        Length = text.Length;
        for (int i = 0; i < Length; i++)
        {
            int skip = _units.AsSpan(i).IndexOfAnyInRange('\uD800', '\uDFFF');
            if (skip < 0)
            {
                break;
            }
            i += skip;
            if (char.IsHighSurrogate(_units[i]) && i + 1 < Length && char.IsLowSurrogate(_units[i + 1]))
            {
                i++;
            }
            else
            {
                _units[i] = (char)Rune.ReplacementChar.Value;
            }
        }
    }

    private NormalizedText(NormalizedText text, int start, int end)
    {
        _origin = start < end ? text.OriginalRange(start, start + 1).Start : text._origin;
        _units = text._units;
        _starts = text._starts;
        _ends = text._ends;
        _first = text._first + start;
        _shift = text._shift;
        Length = end - start;
    }

    /// <summary>How many UTF-16 units the text has now.</summary>
    public int Length { get; private set; }

    /// <summary>The text as it is now.</summary>
    public ReadOnlySpan<char> Units => _units.AsSpan(_first, Length);

    /// <summary>A piece of the text, which may be rewritten by itself. What is put in before its first letter comes from
    /// where that letter came from.</summary>
    public NormalizedText Slice(int start, int end) => new(this, start, end);

    /// <summary>Which range of the original text a range of this text came from.</summary>
    public (int Start, int End) OriginalRange(int start, int end)
    {
        if (start >= end)
        {
            return (_origin, _origin);
        }
        int first = _shift + _first + start;
        int last = _shift + _first + end - 1;
        if (_starts is not null)
        {
            return (_starts[first], _ends![last]);
        }
        // Half of a letter came from the whole letter.
        bool cutsStart = char.IsLowSurrogate(_units[_first + start]);
        bool cutsEnd = char.IsHighSurrogate(_units[_first + end - 1]);
        return (first - (cutsStart ? 1 : 0), last + 1 + (cutsEnd ? 1 : 0));
    }

    /// <summary>Begins a rewrite from the first letter.</summary>
    public Rewrite BeginRewrite() => new(this);

    /// <summary>A piece of the text in which each unit was replaced by one other; where they came from stays.</summary>
    public NormalizedText WithUnits(int start, char[] units)
    {
        var text = new NormalizedText(this, start, start + units.Length);
        text.SetUnits(units);
        return text;
    }

    /// <summary>Replaces each unit by one other; where they came from stays.</summary>
    public void SetUnits(char[] units)
    {
        _units = units;
        _shift += _first;
        _first = 0;
    }

    private void Set(char[] units, int[] starts, int[] ends, int length)
    {
        _units = units;
        _starts = starts;
        _ends = ends;
        _first = 0;
        _shift = 0;
        Length = length;
    }

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

        /// <summary>Begins with the first letter; <paramref name="room"/> is how many units may come to be, if that is
        /// known.</summary>
        public Rewrite(NormalizedText text, int room = 0)
        {
            _text = text;
            room = Math.Max(room, text.Length + 16);
            _units = new char[room];
            _starts = new int[room];
            _ends = new int[room];
        }

        /// <summary>How many units were written.</summary>
        public readonly int Written => _written;

        /// <summary>Puts a letter in place of the next old one and takes over where it came from.</summary>
        public void Replace(Rune letter)
        {
            int from = _read;
            Remove();
            (int start, int end) = _text.OriginalRange(from, _read);
            Write(letter, start, end);
        }

        /// <summary>Puts in a letter that stands for no old one: it comes from where the letter before it came.</summary>
        public void Insert(Rune letter)
        {
            (int start, int end) = _read == 0 ? (_text._origin, _text._origin) : _text.OriginalRange(_read - 1, _read);
            Write(letter, start, end);
        }

        /// <summary>Leaves the next old letter out.</summary>
        public void Remove() =>
            _read += char.IsHighSurrogate(_text.Units[_read]) && _read + 1 < _text.Length ? 2 : 1;

        /// <summary>Keeps old letters up to a place.</summary>
        public void KeepUntil(int end)
        {
            int count = end - _read;
            Reserve(count);
            _text.Units[_read..end].CopyTo(_units.AsSpan(_written));
            if (_text._starts is { } starts)
            {
                int from = _text._shift + _text._first + _read;
                starts.AsSpan(from, count).CopyTo(_starts.AsSpan(_written));
                _text._ends.AsSpan(from, count).CopyTo(_ends.AsSpan(_written));
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    (_starts[_written + i], _ends[_written + i]) = _text.OriginalRange(_read + i, _read + i + 1);
                }
            }
            _read = end;
            _written += count;
        }

        /// <summary>Leaves old letters out up to a place.</summary>
        public void RemoveUntil(int end) => _read = end;

        /// <summary>Puts in a letter that comes from the old units [start, end), whatever was read so far.</summary>
        public void Put(Rune letter, int start, int end)
        {
            if (start < end)
            {
                (start, end) = _text.OriginalRange(start, end);
            }
            else
            {
                start = start < _text.Length ? _text.OriginalRange(start, start + 1).Start
                    : start > 0 ? _text.OriginalRange(start - 1, start).End : _text._origin;
                end = start;
            }
            Write(letter, start, end);
        }

        /// <summary>Makes the new version the text.</summary>
        public readonly void Commit() => _text.Set(_units, _starts, _ends, _written);

        private void Write(Rune letter, int start, int end)
        {
            Reserve(2);
            if (letter.IsBmp)
            {
                _units[_written] = (char)letter.Value;
                _starts[_written] = start;
                _ends[_written] = end;
                _written++;
                return;
            }
            int length = letter.EncodeToUtf16(_units.AsSpan(_written));
            _starts.AsSpan(_written, length).Fill(start);
            _ends.AsSpan(_written, length).Fill(end);
            _written += length;
        }

        private void Reserve(int count)
        {
            if (_written + count > _units.Length)
            {
                int room = Math.Max(2 * _units.Length, _written + count);
                Array.Resize(ref _units, room);
                Array.Resize(ref _starts, room);
                Array.Resize(ref _ends, room);
            }
        }
    }
}
