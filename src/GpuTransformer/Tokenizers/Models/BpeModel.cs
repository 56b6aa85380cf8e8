using System.Buffers;
using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers.Models;

/// <summary>Byte pair encoding: letters first, then merges by rank.</summary>
/// <remarks>Source: Sennrich et al. 2016, with the merge order of Hugging Face's tokenizers.</remarks>
internal sealed class BpeModel : ITokenModel
{
    private const int TableLetters = 0x200;

    private readonly BpeMerges _merges;
    private readonly BpeOptions _options;
    private readonly string _source;
    private readonly int? _unknown;

    // Ids of the letters up to U+01FF, where the byte alphabet is; -1: no token.
    private readonly int[] _letters;
    private readonly int[]? _bytes;

    /// <summary>Checks that each merge joins two tokens into a third, all in the vocabulary.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">Pairs in the order of their rank.</param>
    /// <param name="unknownToken">What a letter that is no token becomes; null drops it.</param>
    /// <param name="ignoreMerges">True when a piece that is a token is taken whole.</param>
    /// <param name="source">What errors begin with.</param>
    public BpeModel(
        Vocabulary vocabulary, IReadOnlyCollection<(string Left, string Right)> merges, string? unknownToken, bool ignoreMerges,
        string source) : this(
            vocabulary, merges, new BpeOptions { UnknownToken = unknownToken, IgnoresMerges = ignoreMerges }, source)
    {
    }

    /// <summary>The same, with every option.</summary>
    public BpeModel(
        Vocabulary vocabulary, IReadOnlyCollection<(string Left, string Right)> merges, BpeOptions options, string source)
        : this(vocabulary, IdsOf(vocabulary, merges, source), options, source)
    {
    }

    /// <summary>The same, with merges as pairs of ids.</summary>
    public BpeModel(Vocabulary vocabulary, IReadOnlyList<(int Left, int Right)> merges, BpeOptions options, string source)
    {
        Vocabulary = vocabulary;
        _options = options;
        _source = source;
        _unknown = options.UnknownToken is null ? null : vocabulary.IdOf(options.UnknownToken);
        _bytes = options.FallsBackToBytes ? BytesOf(vocabulary) : null;
        _letters = new int[TableLetters];
        for (int letter = 0; letter < TableLetters; letter++)
        {
            _letters[letter] = vocabulary.TryId([(char)letter], out int id) ? id : -1;
        }
        _merges = new BpeMerges(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (int left, int right) = merges[rank];
            _merges.Set(left, right, rank, Joined(vocabulary.TokenOf(left)!, vocabulary.TokenOf(right)!, rank));
        }
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        if (piece.IsEmpty)
        {
            return;
        }
        if (_options.IgnoresMerges && Vocabulary.TryId(piece, out int whole))
        {
            tokens.Add(new ModelToken(whole, 0, piece.Length));
            return;
        }
        var speller = new Speller(piece.Length);
        bool hasDropped = Spell(piece, ref speller);
        Span<BpeSymbol> symbols = speller.Symbols;
        BpeSymbols.Merge(symbols, _merges);
        int bytes = 0;
        foreach (ref readonly BpeSymbol symbol in symbols)
        {
            if (!symbol.IsGone)
            {
                tokens.Add(hasDropped ? Shifted(piece, symbol, bytes) : new ModelToken(symbol.Id, symbol.Start, symbol.End));
                bytes += symbol.Bytes;
            }
        }
        speller.Return();
    }

    private static int[] BytesOf(Vocabulary vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(value => vocabulary.IdOf($"<0x{value:X2}>") ?? -1)];

    private static List<(int Left, int Right)> IdsOf(
        Vocabulary vocabulary, IReadOnlyCollection<(string Left, string Right)> merges, string source)
    {
        var ids = new List<(int, int)>(merges.Count);
        int Known(string token) => vocabulary.IdOf(token) ?? throw Missing(source, token, ids.Count);
        foreach ((string left, string right) in merges)
        {
            ids.Add((Known(left), Known(right)));
        }
        return ids;
    }

    // The right token's prefix only says that it goes on.
    private int Joined(string left, string right, int rank)
    {
        if (right.Length < _options.Prefix.Length)
        {
            throw new InputException($"{_source}: merges[{rank}]: expected a token that begins with the " +
                $"continuing_subword_prefix {Quoted.Of(_options.Prefix)}, found {Quoted.Of(right)}");
        }
        ReadOnlySpan<char> rest = right.AsSpan(_options.Prefix.Length);
        int length = left.Length + rest.Length;
        Span<char> joined = length <= 256 ? stackalloc char[length] : new char[length];
        left.CopyTo(joined);
        rest.CopyTo(joined[left.Length..]);
        return Vocabulary.TryId(joined, out int id) ? id : throw Missing(_source, joined, rank);
    }

    private static InputException Missing(string source, ReadOnlySpan<char> token, int rank) =>
        new($"{source}: merges[{rank}]: {Quoted.Of(token)} is not in the vocabulary");

    // Writes the letters as tokens; an unknown one waits, so that the next may join it. True when a letter was dropped.
    private bool Spell(ReadOnlySpan<char> piece, ref Speller speller)
    {
        bool hasDropped = false;
        for (int i = 0; i < piece.Length;)
        {
            int length = char.IsHighSurrogate(piece[i]) && i + 1 < piece.Length ? 2 : 1;
            int end = i + length;
            int id = IdOf(piece, i, end);
            if (id >= 0)
            {
                speller.TakeUnknown();
                speller.Add(new BpeSymbol(id, i, end, ByteCount(piece[i..end])));
            }
            else if (_bytes is null || !SpellBytes(piece, i, end, ref speller))
            {
                hasDropped |= _options.UnknownToken is null;
                AddUnknown(piece, i, end, ref speller);
            }
            i = end;
        }
        speller.TakeUnknown();
        return hasDropped;
    }

    private void AddUnknown(ReadOnlySpan<char> piece, int start, int end, ref Speller speller)
    {
        if (_options.UnknownToken is null)
        {
            return;
        }
        int bytes = ByteCount(piece[start..end]);
        if (speller.Unknown is { } waiting && _options.FusesUnknown)
        {
            speller.Unknown = waiting with { End = end, Bytes = waiting.Bytes + bytes };
            return;
        }
        speller.TakeUnknown();
        int id = _unknown ?? throw new InputException($"{_source}: the letter {Quoted.Of(piece[start..end])} is unknown and " +
            $"unk_token: {Quoted.Of(_options.UnknownToken)} is not in the vocabulary");
        speller.Unknown = new BpeSymbol(id, start, end, bytes);
    }

    // Every byte of the letter as it would be looked up; false when one of them is no token.
    private bool SpellBytes(ReadOnlySpan<char> piece, int start, int end, ref Speller speller)
    {
        Span<byte> bytes = stackalloc byte[4 * (2 + _options.Prefix.Length + _options.Suffix.Length)];
        int length = start == 0 ? 0 : Encoding.UTF8.GetBytes(_options.Prefix, bytes);
        length += Encoding.UTF8.GetBytes(piece[start..end], bytes[length..]);
        length += end < piece.Length ? 0 : Encoding.UTF8.GetBytes(_options.Suffix, bytes[length..]);
        foreach (byte value in bytes[..length])
        {
            if (_bytes![value] < 0)
            {
                return false;
            }
        }
        foreach (byte value in bytes[..length])
        {
            speller.Add(new BpeSymbol(_bytes![value], start, end, 1));
        }
        return true;
    }

    private int IdOf(ReadOnlySpan<char> piece, int start, int end)
    {
        string prefix = start > 0 ? _options.Prefix : "";
        string suffix = end == piece.Length ? _options.Suffix : "";
        int length = prefix.Length + suffix.Length;
        if (length == 0)
        {
            char letter = piece[start];
            return letter < TableLetters ? _letters[letter]
                : Vocabulary.TryId(piece[start..end], out int plain) ? plain : -1;
        }
        Span<char> token = stackalloc char[length + 2];
        prefix.CopyTo(token);
        piece[start..end].CopyTo(token[prefix.Length..]);
        suffix.CopyTo(token[(prefix.Length + end - start)..]);
        return Vocabulary.TryId(token[..(length + end - start)], out int id) ? id : -1;
    }

    private static int ByteCount(ReadOnlySpan<char> letter) =>
        letter.Length == 2 ? 4 : letter[0] < 0x80 ? 1 : letter[0] < 0x800 ? 2 : 3;

    // Hugging Face's library counts the bytes of the tokens alone, as if dropped letters had not been there; a place inside
    // a letter is the whole letter.
    private static ModelToken Shifted(ReadOnlySpan<char> piece, in BpeSymbol symbol, int bytes)
    {
        int at = 0;
        int start = -1;
        for (int i = 0; i < piece.Length;)
        {
            int length = char.IsHighSurrogate(piece[i]) && i + 1 < piece.Length ? 2 : 1;
            at += ByteCount(piece.Slice(i, length));
            start = start < 0 && at > bytes ? i : start;
            i += length;
            if (at >= bytes + symbol.Bytes)
            {
                return new ModelToken(symbol.Id, start, i);
            }
        }
        return new ModelToken(symbol.Id, Math.Max(0, start), piece.Length);
    }

    /// <summary>Symbols as they are spelled, in a rented array that grows.</summary>
    private ref struct Speller(int room)
    {
        private BpeSymbol[] _symbols = ArrayPool<BpeSymbol>.Shared.Rent(room);
        private int _count;

        /// <summary>An unknown letter that waits for another.</summary>
        public BpeSymbol? Unknown;

        public readonly Span<BpeSymbol> Symbols => _symbols.AsSpan(0, _count);

        public void Add(in BpeSymbol symbol)
        {
            if (_count == _symbols.Length)
            {
                BpeSymbol[] larger = ArrayPool<BpeSymbol>.Shared.Rent(2 * _count);
                Symbols.CopyTo(larger);
                ArrayPool<BpeSymbol>.Shared.Return(_symbols);
                _symbols = larger;
            }
            _symbols[_count++] = symbol;
        }

        public void TakeUnknown()
        {
            if (Unknown is { } waiting)
            {
                Add(waiting);
                Unknown = null;
            }
        }

        public readonly void Return() => ArrayPool<BpeSymbol>.Shared.Return(_symbols);
    }
}
