using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The sources of each kernel as one number: of every member that the kernel reaches through calls, of the
/// constants that these name, and of the fields of the types that it handles. Comments and white space do not count,
/// and what a build makes of the text (Debug or Release, which ILGPU) does not enter.</summary>
internal sealed class KernelSources
{
    private readonly SourceIndex _index;

    private KernelSources(SourceIndex index) => _index = index;

    /// <summary>The sources of the kernel library in the repository around the test's program.</summary>
    public static KernelSources OfRepository() => OfTexts(RepositoryFiles().Values);

    public static KernelSources OfTexts(IEnumerable<string> texts) => new(new SourceIndex(texts));

    /// <summary>The files of the kernel library: their texts by their names.</summary>
    public static SortedDictionary<string, string> RepositoryFiles()
    {
        var folder = Path.Combine(RepositoryRoot(), "kernels", "GpuTransformer.Kernels");
        var separator = Path.DirectorySeparatorChar;
        var files = Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{separator}obj{separator}", StringComparison.Ordinal) &&
                !file.Contains($"{separator}bin{separator}", StringComparison.Ordinal));
        return new(files.ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllText), StringComparer.Ordinal);
    }

    public static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "GpuTransformer.sln")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException("The test's program does not lie in the repository.");
        }

        return folder;
    }

    /// <summary>16 hexadecimal digits. What compiles kernels counts as part of each.</summary>
    public string HashOf(GpuKernel kernel)
    {
        var hook = typeof(AddressSpaceHook).GetMethod(nameof(AddressSpaceHook.InitializedKernelContext))!;
        var compile = typeof(KernelLoader).GetMethod(nameof(KernelLoader.Compile), BindingFlags.Static | BindingFlags.Public)!;
        var texts = Texts(KernelReach.Of(kernel.Method, hook, compile));
        texts.Add($"limits {kernel.Limits.MaxNumThreadsPerGroup} {kernel.Limits.MinNumGroupsPerMultiprocessor}");
        texts.Add(KernelName.Of(kernel.Method));
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', texts));
        return Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
    }

    /// <summary>Every piece of source that belongs to a kernel, each once, in a fixed order.</summary>
    public SortedSet<string> Texts(KernelReach reach)
    {
        var texts = new SortedSet<string>(StringComparer.Ordinal);
        var open = new Queue<(string Type, SourceMember Member)>();
        foreach (var path in reach.Types)
        {
            AddType(path, texts, open);
        }

        foreach (var (path, name) in reach.Members)
        {
            AddMembers(path, member => member.Names.Contains(name), texts, open);
        }

        while (open.TryDequeue(out var next))
        {
            AddConstants(next.Type, next.Member.Tokens, texts, open);
        }

        return texts;
    }

    private void AddType(string path, SortedSet<string> texts, Queue<(string Type, SourceMember Member)> open)
    {
        foreach (var part in _index.Parts(path))
        {
            texts.Add($"{path} type {part.Header}");
        }

        AddMembers(path, member => member.IsInstanceField, texts, open);
    }

    private void AddMembers(
        string path, Func<SourceMember, bool> wanted, SortedSet<string> texts, Queue<(string Type, SourceMember Member)> open)
    {
        foreach (var member in _index.Parts(path).SelectMany(part => part.Members).Where(wanted))
        {
            if (texts.Add($"{path} member {member.Text}"))
            {
                open.Enqueue((path, member));
            }
        }
    }

    /// <summary>Constants leave no trace in compiled code, so they are looked for by name: T.Name in type T, Name alone
    /// in the type itself and those around it.</summary>
    private void AddConstants(
        string path, IReadOnlyList<string> tokens, SortedSet<string> texts, Queue<(string Type, SourceMember Member)> open)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!SourceTokens.IsName(tokens[i]))
            {
                continue;
            }

            var name = tokens[i];
            if (i > 1 && tokens[i - 1] == ".")
            {
                if (Qualifier(tokens, i - 2) is { } owner && _index.PathOf(owner) is { } named)
                {
                    AddConstant(named, name, texts, open);
                }

                continue;
            }

            for (var scope = path; scope.Length > 0; scope = scope.Contains('.') ? scope[..scope.LastIndexOf('.')] : "")
            {
                AddConstant(scope, name, texts, open);
            }
        }
    }

    private void AddConstant(string path, string name, SortedSet<string> texts, Queue<(string Type, SourceMember Member)> open)
    {
        var isEnum = _index.Parts(path).Any(part => part.IsEnum);
        AddMembers(path, member => isEnum || (member.IsConstant && member.Names.Contains(name)), texts, open);
    }

    /// <summary>The name before a dot, over type arguments: AttentionLayout&lt;TTile&gt;.Keys.</summary>
    private static string? Qualifier(IReadOnlyList<string> tokens, int at)
    {
        if (tokens[at] == ">")
        {
            var depth = 0;
            do
            {
                depth += tokens[at] switch { ">" => 1, "<" => -1, _ => 0 };
                at--;
            }
            while (depth > 0 && at >= 0);
        }

        return at >= 0 && SourceTokens.IsName(tokens[at]) ? tokens[at] : null;
    }
}
