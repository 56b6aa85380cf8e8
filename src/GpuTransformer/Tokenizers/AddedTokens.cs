using System.Buffers;
using System.Globalization;
using System.Text;
using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers;

/// <summary>A token beside the model's vocabulary, found in text before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text that it matches.</param>
/// <param name="SingleWord">True when it only matches between letters that are no part of a word.</param>
/// <param name="LeftStrip">True when it takes the white space before it.</param>
/// <param name="RightStrip">True when it takes the white space after it.</param>
/// <param name="Normalized">True when it is looked for in normalized text, itself normalized.</param>
/// <param name="Special">True when decoding may skip it.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);

/// <summary>Cuts added tokens out of a text: at each place the longest that begins there, from left to right, first in
/// the text as it is, then, for those that want it, in the normalized pieces.</summary>
internal sealed class AddedTokens
{
    private readonly INormalizer? _normalizer;
    private readonly Dictionary<int, string> _texts = new(SeededIds.Comparer);
    private readonly Dictionary<string, int> _ids = [];
    private readonly HashSet<string> _special = [];
    private readonly Dictionary<int, string> _specialTexts = new(SeededIds.Comparer);
    private readonly Matcher? _plain;
    private readonly Matcher? _normalized;

    /// <summary>Takes the tokens; those that match normalized text are normalized here.</summary>
    public AddedTokens(IReadOnlyList<AddedToken> tokens, INormalizer? normalizer)
    {
        _normalizer = normalizer;
        var plain = new Dictionary<string, AddedToken>();
        var normalized = new Dictionary<string, AddedToken>();
        foreach (AddedToken token in tokens)
        {
            string pattern = token.Normalized ? Normalize(token.Content) : token.Content;
            _ids[token.Content] = token.Id;
            _texts[token.Id] = pattern;
            if (token.Special)
            {
                _special.Add(token.Content);
                _specialTexts[token.Id] = token.Content;
            }
            if (pattern.Length > 0)
            {
                (token.Normalized ? normalized : plain).TryAdd(pattern, token);
            }
        }
        _plain = plain.Count > 0 ? new Matcher(plain) : null;
        _normalized = normalized.Count > 0 ? new Matcher(normalized) : null;
        IdLimit = tokens.Count == 0 ? 0 : tokens.Max(token => token.Id) + 1;
    }

    /// <summary>One more than the largest id.</summary>
    public int IdLimit { get; }

    /// <summary>The text of an added token as the decoder takes it, or null.</summary>
    public string? TextOf(int id) => _texts.GetValueOrDefault(id);

    /// <summary>The id of an added token, or null.</summary>
    public int? IdOf(string content) => _ids.TryGetValue(content, out int id) ? id : null;

    /// <summary>True for a token that decoding may skip.</summary>
    public bool IsSpecial(string token) => _special.Contains(token);

    /// <summary>True when letters of a text became the special token that is written so.</summary>
    public bool IsSpecial(int id, ReadOnlySpan<char> letters) =>
        _specialTexts.Count > 0 && _specialTexts.TryGetValue(id, out string? text) && letters.SequenceEqual(text);

    /// <summary>Cuts the text and normalizes what lies between. Special tokens are found where
    /// <paramref name="scope"/> trusts the text; null trusts all of it.</summary>
    public PieceList Cut(NormalizedText text, SpecialScope? scope = null)
    {
        PieceList pieces = PieceList.Rent(text);
        if (_plain is not null)
        {
            pieces.Split((piece, parts) => _plain.Cut(piece, parts, scope));
        }
        if (_normalizer is not null)
        {
            pieces.ForEach(_normalizer.Normalize);
        }
        if (_normalized is not null || _normalizer is not null)
        {
            pieces.Split((piece, parts) =>
            {
                if (_normalized is not null)
                {
                    _normalized.Cut(piece, parts, scope);
                }
                else
                {
                    parts.Add(new Piece(piece.Slice(0, piece.Length)));
                }
            });
        }
        return pieces;
    }

    private string Normalize(string content)
    {
        var text = new NormalizedText(content);
        _normalizer?.Normalize(text);
        return text.Units.ToString();
    }

    private sealed class Matcher
    {
        private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _tokens;
        private readonly PrefixSearch _search;
        private readonly SearchValues<char> _firstLetters;

        public Matcher(Dictionary<string, AddedToken> tokens)
        {
            _tokens = tokens.GetAlternateLookup<ReadOnlySpan<char>>();
            _search = new PrefixSearch(tokens.Keys);
            _firstLetters = SearchValues.Create([.. tokens.Keys.Select(token => token[0]).Distinct()]);
        }

        public void Cut(NormalizedText text, List<Piece> parts, SpecialScope? scope)
        {
            ReadOnlySpan<char> units = text.Units;
            int done = 0;
            for (int at = 0; at < units.Length;)
            {
                int skip = units[at..].IndexOfAny(_firstLetters);
                if (skip < 0)
                {
                    break;
                }
                at += skip;
                int length = _search.LongestMatch(units[at..]);
                AddedToken? token = length > 0 ? _tokens[units.Slice(at, length)] : null;
                if (scope is not null && token?.Special == true)
                {
                    (token, length) = Allowed(text, at, length, scope);
                }
                if (token is null)
                {
                    at += Math.Max(1, length);
                    continue;
                }
                if (!token.SingleWord || StandsAlone(units, at, at + length))
                {
                    int start = token.LeftStrip ? Math.Max(done, SpaceBefore(units, at)) : at;
                    int end = token.RightStrip ? SpaceAfter(units, at + length) : at + length;
                    if (done < start)
                    {
                        parts.Add(new Piece(text.Slice(done, start)));
                    }
                    parts.Add(new Piece(text.Slice(start, end), token.Id));
                    done = end;
                }
                at += length;
            }
            if (done < units.Length)
            {
                parts.Add(new Piece(text.Slice(done, units.Length)));
            }
        }

        // A special token that begins in a span that is not trusted is passed over, as far as that span goes; one that
        // would reach out of its span gives way to a shorter one that does not.
        private (AddedToken? Token, int Length) Allowed(
            NormalizedText text, int at, int length, SpecialScope scope)
        {
            (int start, int end) = text.OriginalRange(at, at + length);
            int spanEnd = scope.EndOfSpan(start);
            bool isTrusted = scope.IsTrusted(start);
            if (isTrusted && end <= spanEnd)
            {
                return (_tokens[text.Units.Slice(at, length)], length);
            }
            int room = length;
            while (room > 0 && text.OriginalRange(at, at + room).End > spanEnd)
            {
                room--;
            }
            if (!isTrusted)
            {
                return (null, room);
            }
            int shorter = _search.LongestMatch(text.Units.Slice(at, room));
            return shorter > 0 ? (_tokens[text.Units.Slice(at, shorter)], shorter) : (null, 0);
        }

        private static int SpaceBefore(ReadOnlySpan<char> units, int at)
        {
            while (at > 0 && char.IsWhiteSpace(units[at - 1]))
            {
                at--;
            }
            return at;
        }

        private static int SpaceAfter(ReadOnlySpan<char> units, int at)
        {
            while (at < units.Length && char.IsWhiteSpace(units[at]))
            {
                at++;
            }
            return at;
        }

        private static bool StandsAlone(ReadOnlySpan<char> units, int start, int end)
        {
            _ = Rune.DecodeLastFromUtf16(units[..start], out Rune before, out _);
            _ = Rune.DecodeFromUtf16(units[end..], out Rune after, out _);
            return (start == 0 || !IsWordLetter(before)) && (end == units.Length || !IsWordLetter(after));
        }

        // What \w means in Unicode's regular expressions: letters, marks, digits, connectors, circled letters, joiners.
        private static bool IsWordLetter(Rune letter) => Rune.GetUnicodeCategory(letter) switch
        {
            <= UnicodeCategory.LetterNumber => true,
            UnicodeCategory.ConnectorPunctuation => true,
            _ => letter.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
                or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        };
    }
}
