using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Tokenizers;

/// <summary>Tokens and their ids, both ways. Ids may have holes: an array holds them while it is hardly larger than the
/// number of tokens, a dictionary beyond that, so that no id from a file sizes a buffer.</summary>
internal sealed class Vocabulary
{
    private const int Slack = 4096;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;
    private readonly string?[]? _dense;
    private readonly Dictionary<int, string>? _sparse;

    /// <summary>Takes tokens and ids; <paramref name="source"/> is what errors begin with.</summary>
    public Vocabulary(Dictionary<string, int> ids, string source)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        int largest = -1;
        foreach (int id in ids.Values)
        {
            largest = Math.Max(largest, id);
        }
        IdLimit = largest + 1;
        if (largest < (long)ids.Count + Slack)
        {
            _dense = new string?[IdLimit];
        }
        else
        {
            _sparse = new Dictionary<int, string>(ids.Count, SeededIds.Comparer);
        }
        foreach ((string token, int id) in ids)
        {
            if (TokenOf(id) is { } other)
            {
                throw new InputException($"{source}: id {id} stands for {Quoted.Of(other)} and for {Quoted.Of(token)}");
            }
            Set(id, token);
        }
    }

    /// <summary>Takes tokens whose ids are their places in a list. A token may stand there twice: then
    /// <paramref name="ids"/> says which place counts.</summary>
    public Vocabulary(string[] tokens, Dictionary<string, int> ids)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _dense = tokens;
        IdLimit = tokens.Length;
    }

    /// <summary>How many tokens there are.</summary>
    public int Count => _ids.Count;

    /// <summary>One more than the largest id.</summary>
    public int IdLimit { get; }

    /// <summary>Every token with its id.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>Every token.</summary>
    public IEnumerable<string> Tokens => _ids.Keys;

    /// <summary>The id of a token.</summary>
    public bool TryId(ReadOnlySpan<char> token, out int id) => _idsBySpan.TryGetValue(token, out id);

    /// <summary>The id of a token, or null.</summary>
    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>The token with an id, or null.</summary>
    public string? TokenOf(int id) =>
        _dense is null ? _sparse!.GetValueOrDefault(id) : (uint)id < (uint)_dense.Length ? _dense[id] : null;

    private void Set(int id, string token)
    {
        if (_dense is not null)
        {
            _dense[id] = token;
        }
        else
        {
            _sparse![id] = token;
        }
    }
}

/// <summary>Hashes ids with a seed of the process. An id's own hash is the id, so that a file could choose ids that all
/// fall into one place of a dictionary.</summary>
internal sealed class SeededIds : IEqualityComparer<int>
{
    /// <summary>The one comparer.</summary>
    public static SeededIds Comparer { get; } = new();

    /// <inheritdoc/>
    public bool Equals(int x, int y) => x == y;

    /// <inheritdoc/>
    public int GetHashCode(int id) => HashCode.Combine(id);
}
