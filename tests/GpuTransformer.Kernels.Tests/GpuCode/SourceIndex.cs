namespace GpuTransformer.Kernels.Tests;

/// <summary>A member as it is written: what it declares, and its tokens.</summary>
/// <param name="Names">The member's name; several of a field that declares several.</param>
/// <param name="Text">Its tokens with spaces between.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="IsConstant">A constant or a static read-only field: taken along only where it is named.</param>
/// <param name="IsInstanceField">A field or a stored property: what decides a type's layout.</param>
internal sealed record SourceMember(
    IReadOnlyList<string> Names, string Text, IReadOnlyList<string> Tokens, bool IsConstant, bool IsInstanceField);

/// <summary>A type as it is written; the parts of a partial type are separate.</summary>
/// <param name="Path">Names of the types around it and its own, with dots; no type parameters.</param>
/// <param name="IsEnum">Whether its values are constants.</param>
/// <param name="Header">All before the body: attributes, parameters, bases.</param>
/// <param name="Members">Members other than types.</param>
internal sealed record SourceType(string Path, bool IsEnum, string Header, List<SourceMember> Members);

/// <summary>The declarations in a folder of C# files, read without a compiler: braces and semicolons are enough to cut
/// types into members.</summary>
internal sealed class SourceIndex
{
    private static readonly HashSet<string> TypeWords = ["class", "struct", "interface", "enum", "record"];

    private static readonly HashSet<string> Modifiers =
        ["static", "public", "internal", "private", "protected", "readonly", "unsafe", "ref", "override", "virtual", "new"];

    private readonly Dictionary<string, List<SourceType>> _types = [];
    private readonly Dictionary<string, string> _paths = [];

    public SourceIndex(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            var tokens = SourceTokens.Of(text);
            Read(tokens, 0, tokens.Count, "");
        }
    }

    public IReadOnlyList<SourceType> Parts(string path) => _types.GetValueOrDefault(path) ?? [];

    /// <summary>The path of a type by its last name.</summary>
    public string? PathOf(string name) => _paths.GetValueOrDefault(name);

    /// <summary>Reads the declarations between two places, each up to its semicolon or closing brace.</summary>
    private List<SourceMember> Read(List<string> tokens, int from, int to, string scope)
    {
        var members = new List<SourceMember>();
        for (var at = from; at < to;)
        {
            if (tokens[at] == "namespace" || (tokens[at] == "using" && scope.Length == 0))
            {
                at = tokens.FindIndex(at, t => t is ";" or "{") + 1;
                continue;
            }

            if (tokens[at] == "}")
            {
                at++;
                continue;
            }

            var end = EndOfDeclaration(tokens, at, to);
            if (TypeName(tokens, at, end) is { } name)
            {
                ReadType(tokens, at, end, scope.Length == 0 ? name : $"{scope}.{name}");
            }
            else
            {
                members.Add(Member(tokens[at..end]));
            }

            at = end;
        }

        return members;
    }

    private void ReadType(List<string> tokens, int at, int end, string path)
    {
        var body = tokens.FindIndex(at, end - at, t => t == "{");
        var header = tokens[at..(body < 0 ? end : body)];
        var isEnum = header.Contains("enum");
        var members = body < 0 ? [] : isEnum ? [Member(tokens[(body + 1)..(end - 1)])] : Read(tokens, body + 1, end - 1, path);
        var type = new SourceType(path, isEnum, string.Join(' ', header), members);
        if (!_types.TryAdd(path, [type]))
        {
            _types[path].Add(type);
        }

        _paths[path[(path.LastIndexOf('.') + 1)..]] = path;
    }

    /// <summary>The name in a declaration of a type, or null. A record's name may follow struct or class.</summary>
    private static string? TypeName(List<string> tokens, int at, int end)
    {
        var depth = 0;
        for (var i = at; i < end - 1 && (depth > 0 || tokens[i] is not ("(" or "{" or "=" or ";")); i++)
        {
            depth += tokens[i] switch { "[" => 1, "]" => -1, _ => 0 };
            if (TypeWords.Contains(tokens[i]) && SourceTokens.IsName(tokens[i + 1]) && !TypeWords.Contains(tokens[i + 1]) &&
                (i == at || tokens[i - 1] is not (":" or ",")))
            {
                return tokens[i + 1];
            }
        }

        return null;
    }

    /// <summary>A block ends a declaration unless it is a value, or one follows it: int[] Sizes { get; } = [1, 2];</summary>
    private static int EndOfDeclaration(List<string> tokens, int at, int to)
    {
        var depth = 0;
        var isValue = false;
        var isOperator = false;
        for (var i = at; i < to; i++)
        {
            isOperator |= depth == 0 && tokens[i] == "operator";
            isOperator &= tokens[i] != "(";
            isValue |= depth == 0 && tokens[i] == "=" && !isOperator;
            depth += tokens[i] switch { "(" or "[" or "{" => 1, ")" or "]" or "}" => -1, _ => 0 };
            if (depth == 0 && tokens[i] == ";")
            {
                return i + 1;
            }

            if (depth == 0 && tokens[i] == "}" && !isValue && (i + 1 >= to || tokens[i + 1] != "="))
            {
                return i + 1 < to && tokens[i + 1] == ";" ? i + 2 : i + 1;
            }
        }

        return to;
    }

    private static SourceMember Member(List<string> tokens)
    {
        var names = Names(tokens, out var isField);
        var text = string.Join(' ', tokens);
        var isStatic = tokens.Contains("static") || tokens.Contains("const");
        var isStored = isField || text.Contains("{ get ;", StringComparison.Ordinal);
        return new(names, text, tokens, isField && isStatic, isStored && !isStatic);
    }

    /// <summary>The names that a member declares: of a method the one before its parameters, else those before
    /// a comma, a semicolon, a value or a body.</summary>
    private static List<string> Names(List<string> tokens, out bool isField)
    {
        var names = new List<string>();
        var depth = 0;
        isField = false;
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (depth == 0 && token is "operator" or "this")
            {
                return [token];
            }

            if (depth == 0 && i > 0 && names.Count == 0 && token == "(" && NameBefore(tokens, i) is { } method)
            {
                return [method];
            }

            if (depth == 0 && token is ";" or "," or "=" or "{" && i > 0 && SourceTokens.IsName(tokens[i - 1]))
            {
                names.Add(tokens[i - 1]);
                isField = token != "{" && !(token == "=" && i + 1 < tokens.Count && tokens[i + 1] == ">");
                if (token is "=" or "{" or ";")
                {
                    return names;
                }
            }

            depth += token switch { "(" or "[" or "{" or "<" => 1, ")" or "]" or "}" or ">" => -1, _ => 0 };
        }

        return names;
    }

    /// <summary>The name before a parenthesis, over type parameters; null in a tuple type, which nothing names.</summary>
    private static string? NameBefore(List<string> tokens, int parenthesis)
    {
        var at = parenthesis - 1;
        if (tokens[at] == ">")
        {
            var depth = 0;
            do
            {
                depth += tokens[at] switch { ">" => 1, "<" => -1, _ => 0 };
                at--;
            }
            while (depth > 0 && at > 0);
        }

        return SourceTokens.IsName(tokens[at]) && !Modifiers.Contains(tokens[at]) ? tokens[at] : null;
    }
}
