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
        int total = first.Count + (second?.Count ?? 0);
        if (total <= room)
        {
            return;
        }
        if (room == 0)
        {
            first.Truncate(0, FromLeft);
            second?.Truncate(0, FromLeft);
            return;
        }
        if (room < 0)
        {
            throw new InputException($"truncation: max_length {MaxLength} leaves no room for the special tokens");
        }
        if (Strategy == TruncationStrategy.LongestFirst)
        {
            (int keepFirst, int keepSecond) = second is null ? (room, 0) : Share(first.Count, second.Count, room);
            first.Truncate(keepFirst, FromLeft);
            second?.Truncate(keepSecond, FromLeft);
            return;
        }
        TokenList? target = Strategy == TruncationStrategy.OnlyFirst ? first : second;
        int keep = (target?.Count ?? 0) - (total - room);
        if (target is null || keep <= 0)
        {
            throw new InputException($"truncation: {Strategy} cannot take {total - room} tokens off: " +
                (target is null ? "there is no second text" : $"that text has {target.Count}"));
        }
        target.Truncate(keep, FromLeft);
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
/// <param name="Length">Least tokens; 0: none beyond the multiple.</param>
/// <param name="Id">The padding token's id.</param>
/// <param name="Token">The padding token.</param>
/// <param name="TypeId">The padding token's type id.</param>
/// <param name="OnLeft">True when padding comes before the text.</param>
/// <param name="MultipleOf">The length is rounded up to a multiple of this.</param>
public sealed record PaddingOptions(
    int Length, int Id, string Token, int TypeId = 0, bool OnLeft = false, int MultipleOf = 1)
{
    internal void Apply(TokenList tokens)
    {
        int length = Length == 0 ? tokens.Count : Length;
        length = (length + MultipleOf - 1) / MultipleOf * MultipleOf;
        tokens.Pad(length, Id, Token, TypeId, OnLeft);
    }
}
