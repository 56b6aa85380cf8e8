namespace GpuTransformer.Tokenizers.Models;

/// <summary>Pieces as a tree of UTF-16 units, in three flat arrays: a node's children lie side by side, in order. It is
/// built level by level from the sorted pieces, without recursion, in ten bytes a letter at most.</summary>
internal sealed class PieceTrie
{
    private readonly char[] _units;
    private readonly int[] _firstChild;
    private readonly int[] _values;
    private readonly int[] _roots = new int[256];

    /// <summary>Takes pieces, none empty and none twice, and their values, which are 0 and up.</summary>
    public PieceTrie(IReadOnlyCollection<KeyValuePair<string, int>> pieces)
    {
        var keys = new string[pieces.Count];
        var values = new int[pieces.Count];
        int count = 0;
        foreach ((string key, int value) in pieces)
        {
            keys[count] = key;
            values[count++] = value;
        }
        Array.Sort(keys, values, StringComparer.Ordinal);
        int nodes = 1;
        for (int i = 0; i < keys.Length; i++)
        {
            nodes += keys[i].Length - (i == 0 ? 0 : keys[i].AsSpan().CommonPrefixLength(keys[i - 1]));
        }
        _units = new char[nodes];
        _values = new int[nodes];
        _firstChild = new int[nodes + 1];
        Build(keys, values, nodes);
        for (int child = _firstChild[0]; child < _firstChild[1] && _units[child] < _roots.Length; child++)
        {
            _roots[_units[child]] = child;
        }
    }

    /// <summary>The node that <paramref name="unit"/> leads to from the root, or 0.</summary>
    public int Root(char unit) => unit < _roots.Length ? _roots[unit] : Child(0, unit);

    /// <summary>The node that <paramref name="unit"/> leads to from <paramref name="node"/>, or 0.</summary>
    public int Child(int node, char unit)
    {
        int low = _firstChild[node];
        int high = _firstChild[node + 1];
        while (high - low > 8)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _units[middle] <= unit ? (middle, high) : (low, middle);
        }
        for (; low < high; low++)
        {
            if (_units[low] == unit)
            {
                return low;
            }
        }
        return 0;
    }

    /// <summary>The value of the piece that ends at a node, or -1.</summary>
    public int ValueOf(int node) => _values[node] - 1;

    /// <summary>How long the longest piece is that <paramref name="text"/> begins with; 0 when it begins with none.</summary>
    public int LongestMatch(ReadOnlySpan<char> text)
    {
        int longest = 0;
        int node = text.IsEmpty ? 0 : Root(text[0]);
        for (int at = 0; node > 0;)
        {
            at++;
            longest = ValueOf(node) >= 0 ? at : longest;
            node = at < text.Length ? Child(node, text[at]) : 0;
        }
        return longest;
    }

    // Nodes are numbered level by level; each stands for a range of the sorted pieces that begin alike.
    private void Build(string[] keys, int[] values, int nodes)
    {
        var level = new List<(int Low, int High)> { (0, keys.Length) };
        var below = new List<(int Low, int High)>();
        int node = 0;
        int made = 1;
        for (int depth = 0; level.Count > 0; depth++)
        {
            below.Clear();
            foreach ((int low, int high) in level)
            {
                _firstChild[node] = made;
                int at = low;
                for (; at < high && keys[at].Length == depth; at++)
                {
                    _values[node] = values[at] + 1;
                }
                while (at < high)
                {
                    int start = at;
                    char unit = keys[at][depth];
                    for (; at < high && keys[at][depth] == unit; at++)
                    {
                    }
                    _units[made++] = unit;
                    below.Add((start, at));
                }
                node++;
            }
            (level, below) = (below, level);
        }
        _firstChild[nodes] = made;
    }
}
