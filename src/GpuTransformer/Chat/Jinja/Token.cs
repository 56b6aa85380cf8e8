namespace GpuTransformer.Chat.Jinja;

internal enum TokenKind
{
    /// <summary>Text outside of tags.</summary>
    Data,

    /// <summary>{{ and }}.</summary>
    OutputBegin,
    OutputEnd,

    /// <summary>{% and %}.</summary>
    BlockBegin,
    BlockEnd,

    Name,
    Text,
    Integer,
    Float,

    /// <summary>An operator or a bracket.</summary>
    Symbol,

    End,
}

/// <summary>One token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">Its text; of a string literal what it stands for.</param>
/// <param name="Line">Line in the template, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Value, int Line)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Value == symbol;

    public bool IsName(string name) => Kind == TokenKind.Name && Value == name;

    public override string ToString() => Kind == TokenKind.End ? "the end of the template" : $"'{Value}'";
}
