using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>A place in a template's tokens.</summary>
internal sealed class TokenReader(IReadOnlyList<Token> tokens, string name)
{
    private int _at;

    public Token Current => tokens[_at];

    public Token Following => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public void Advance() => _at = Math.Min(_at + 1, tokens.Count - 1);

    public bool Skip(string symbol) => SkipIf(Current.Is(symbol));

    public bool SkipName(string word) => SkipIf(Current.IsName(word));

    public void Expect(string symbol)
    {
        if (!Skip(symbol))
        {
            throw Error($"{Current} where '{symbol}' must stand");
        }
    }

    public void Expect(TokenKind kind, string what)
    {
        if (!SkipIf(Current.Kind == kind))
        {
            throw Error($"{Current} where {what} must stand");
        }
    }

    public string Name()
    {
        Token token = Current;
        Expect(TokenKind.Name, "a name");
        return token.Value;
    }

    public InputException Error(string found) => new($"{name}, line {Current.Line}: the chat template has {found}.");

    private bool SkipIf(bool holds)
    {
        if (holds)
        {
            Advance();
        }
        return holds;
    }
}
