namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>What can be done when the search comes back: another branch, one letter less, one letter more.</summary>
internal enum PatternChoiceKind : byte
{
    Once,
    OneLess,
    OneMore,
}

/// <summary>A way that was not taken yet: a step and a place; for letters also where the least of them end, or how many
/// were taken.</summary>
internal struct PatternChoice(int step, int at, int least, PatternChoiceKind kind, int extra = 0)
{
    public readonly int Step = step;
    public readonly int Least = least;
    public readonly PatternChoiceKind Kind = kind;
    public int At = at;
    public int Extra = extra;
}
