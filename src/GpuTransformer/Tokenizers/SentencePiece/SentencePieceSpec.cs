namespace GpuTransformer.Tokenizers.SentencePiece;

/// <summary>What kind of piece it is.</summary>
internal enum PieceType : byte
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>What stands for all that is unknown.</summary>
    Unknown = 2,

    /// <summary>A mark such as the end of a text: never found in text, never shown.</summary>
    Control = 3,

    /// <summary>A piece that is always cut out whole.</summary>
    UserDefined = 4,

    /// <summary>A piece that is not used.</summary>
    Unused = 5,

    /// <summary>A byte.</summary>
    Byte = 6,
}

/// <summary>How text is cut into pieces.</summary>
internal enum SentencePieceKind
{
    /// <summary>The cut whose scores add up highest.</summary>
    Unigram = 1,

    /// <summary>Letters merged by score.</summary>
    Bpe = 2,

    /// <summary>Words.</summary>
    Word = 3,

    /// <summary>Letters.</summary>
    Character = 4,
}

/// <summary>How a model of SentencePiece rewrites text before it is cut, as its file says.</summary>
internal sealed record NormalizerSpec
{
    /// <summary>Which letters become which; empty: none.</summary>
    public byte[] CharsMap { get; set; } = [];

    /// <summary>True when a space is put in front.</summary>
    public bool AddDummyPrefix { get; set; } = true;

    /// <summary>True when spaces at both ends and all but one in a row are taken out.</summary>
    public bool RemoveExtraWhitespaces { get; set; } = true;

    /// <summary>True when a space is written as U+2581.</summary>
    public bool EscapeWhitespaces { get; set; } = true;

    /// <summary>True when the space that is put in front comes at the end instead.</summary>
    public bool WhitespaceIsSuffix { get; set; }
}

/// <summary>A model of SentencePiece as its file holds it.</summary>
internal sealed class SentencePieceSpec(int count)
{
    /// <summary>The pieces; ids are their places.</summary>
    public string[] Pieces { get; } = new string[count];

    /// <summary>The pieces' scores.</summary>
    public float[] Scores { get; } = new float[count];

    /// <summary>The pieces' kinds.</summary>
    public PieceType[] Types { get; } = new PieceType[count];

    /// <summary>How text is cut.</summary>
    public SentencePieceKind Kind { get; set; } = SentencePieceKind.Unigram;

    /// <summary>True when what is unknown becomes its bytes.</summary>
    public bool ByteFallback { get; set; }

    /// <summary>How what is unknown is decoded.</summary>
    public string UnknownSurface { get; set; } = " \u2047 ";

    /// <summary>True when control marks that are decoded are written out.</summary>
    public bool ShowsControl { get; init; }

    /// <summary>How text is rewritten.</summary>
    public NormalizerSpec Normalizer { get; } = new();

    /// <summary>How decoded text is rewritten; null: not at all.</summary>
    public NormalizerSpec? Denormalizer { get; set; }
}
