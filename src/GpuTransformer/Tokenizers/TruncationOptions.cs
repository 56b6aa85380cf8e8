using GpuTransformer.Kernels;

namespace GpuTransformer.Tokenizers;

/// <summary>Which text of a pair loses tokens.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, until both are of one length, then both.</summary>
    LongestFirst,

    /// <summary>The first one alone.</summary>
    OnlyFirst,

    /// <summary>The second one alone.</summary>
    OnlySecond,
}

/// <summary>How texts that are too long are cut.</summary>
/// <param name="MaxLength">Most tokens, special tokens included.</param>
/// <param name="Strategy">Which text loses tokens.</param>
/// <param name="FromLeft">True when tokens are taken off the start.</param>
/// <param name="Stride">How many tokens a piece that was cut off shares with the piece before it.</param>
public sealed record TruncationOptions(
    int MaxLength, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, bool FromLeft = false, int Stride = 0)
{
    internal void Apply(TokenList first, TokenList? second, int room)
    {
        (int keepFirst, int keepSecond) = Keep(first.Count, second?.Count, room);
        first.Truncate(keepFirst, FromLeft);
        second?.Truncate(keepSecond, FromLeft);
    }

    /// <summary>The windows of a text that is cut to a length: each begins before the one before it ends, by the
    /// stride.</summary>
    internal IReadOnlyList<TokenList> Windows(TokenList tokens, int keep)
    {
        int count = tokens.Count;
        if (keep >= count)
        {
            return [tokens];
        }
        if (keep == 0)
        {
            return [tokens.New(), tokens];
        }
        if (Stride < 0 || Stride >= keep)
        {
            throw new InputException($"truncation: expected a stride from 0 to {keep - 1}, found {Stride}");
        }
        var windows = new List<TokenList>();
        for (int done = 0; ; done += keep - Stride)
        {
            int start = FromLeft ? Math.Max(0, count - done - keep) : done;
            int end = FromLeft ? count - done : Math.Min(done + keep, count);
            windows.Add(tokens.Slice(start, end));
            if (FromLeft ? start == 0 : end == count)
            {
                return windows;
            }
        }
    }

    /// <summary>How many tokens stay of each text.</summary>
    internal (int First, int Second) Keep(int first, int? second, int room)
    {
        int total = first + (second ?? 0);
        if (room < 0)
        {
            throw new InputException($"truncation: max_length {MaxLength} leaves no room for the special tokens");
        }
        if (total <= room || room == 0)
        {
            return room == 0 ? (0, 0) : (first, second ?? 0);
        }
        if (Strategy == TruncationStrategy.LongestFirst)
        {
            return second is { } other ? Share(first, other, room) : (room, 0);
        }
        int? target = Strategy == TruncationStrategy.OnlyFirst ? first : second;
        int keep = (target ?? 0) - (total - room);
        if (target is null || keep <= 0)
        {
            throw new InputException($"truncation: {Strategy} cannot take {total - room} tokens off: " +
                (target is null ? "there is no second text" : $"that text has {target}"));
        }
        return Strategy == TruncationStrategy.OnlyFirst ? (keep, second ?? 0) : (first, keep);
    }

    // The shorter text stays whole while it fits in half of the room; else both get half, the longer the odd one.
    private static (int First, int Second) Share(int first, int second, int room)
    {
        int shorter = Math.Min(first, second);
        int longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = shorter + room % 2;
        }
        return first > second ? (longer, shorter) : (shorter, longer);
    }
}

/// <summary>How texts that are too short are filled up.</summary>
/// <param name="Length">Least tokens; 0: as many as the longest text of a batch has.</param>
/// <param name="Id">The padding token's id.</param>
/// <param name="Token">The padding token.</param>
/// <param name="TypeId">The padding token's type id.</param>
/// <param name="OnLeft">True when padding comes before the text.</param>
/// <param name="MultipleOf">The length is rounded up to a multiple of this.</param>
public sealed record PaddingOptions(
    int Length, int Id, string Token, int TypeId = 0, bool OnLeft = false, int MultipleOf = 1)
{
    internal void Apply(TokenList tokens, int longest)
    {
        long length = Length == 0 ? longest : Length;
        length = MultipleOf > 1 ? (length + MultipleOf - 1) / MultipleOf * MultipleOf : length;
        tokens.Pad((int)Math.Min(length, int.MaxValue), Id, Token, TypeId, OnLeft);
    }
}
