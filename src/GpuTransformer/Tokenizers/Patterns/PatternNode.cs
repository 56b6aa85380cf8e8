namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>How often a repetition is tried.</summary>
internal enum RepeatMode
{
    /// <summary>As often as possible first.</summary>
    Greedy,

    /// <summary>As seldom as possible first.</summary>
    Lazy,

    /// <summary>As often as possible and never less.</summary>
    Possessive,
}

/// <summary>What holds at a place between letters.</summary>
internal enum PlaceKind
{
    /// <summary>^: a line begins.</summary>
    LineStart,

    /// <summary>$: a line ends.</summary>
    LineEnd,

    /// <summary>\A: the text begins.</summary>
    TextStart,

    /// <summary>\z: the text ends.</summary>
    TextEnd,

    /// <summary>\Z: the text ends, or its last line feed follows.</summary>
    LastLineEnd,

    /// <summary>\b: a word begins or ends.</summary>
    WordBoundary,

    /// <summary>\B: no word begins or ends.</summary>
    NoWordBoundary,
}

/// <summary>A pattern as a tree.</summary>
internal abstract record PatternNode
{
    /// <summary>True when the node may match no letter at all.</summary>
    public abstract bool MayBeEmpty { get; }
}

/// <summary>One letter of a set.</summary>
internal sealed record LetterNode(LetterSet Set) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty => false;
}

/// <summary>Nodes one after another.</summary>
internal sealed record SequenceNode(IReadOnlyList<PatternNode> Parts) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty { get; } = Parts.All(part => part.MayBeEmpty);
}

/// <summary>The first of several that leads to a match.</summary>
internal sealed record ChoiceNode(IReadOnlyList<PatternNode> Choices) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty { get; } = Choices.Any(choice => choice.MayBeEmpty);
}

/// <summary>A node several times; no limit when <paramref name="Most"/> is null.</summary>
internal sealed record RepeatNode(PatternNode Body, int Least, int? Most, RepeatMode Mode) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty { get; } = Least == 0 || Body.MayBeEmpty;
}

/// <summary>Something that holds at a place.</summary>
internal sealed record PlaceNode(PlaceKind Kind) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty => true;
}

/// <summary>What follows matches, or does not.</summary>
internal sealed record AheadNode(PatternNode Body, bool IsNegative) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty => true;
}

/// <summary>The letter before is of a set, or is not; without a letter before it is not.</summary>
internal sealed record BehindNode(LetterSet Set, bool IsNegative) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty => true;
}

/// <summary>The first match of a node and no other.</summary>
internal sealed record AtomicNode(PatternNode Body) : PatternNode
{
    /// <inheritdoc/>
    public override bool MayBeEmpty { get; } = Body.MayBeEmpty;
}
