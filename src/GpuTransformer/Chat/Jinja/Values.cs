using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

// The values of a template: null is None; bool, long, double, MarkedText, ValueList, ValueMap, Undefined, Namespace and
// Function are all the rest. There is no way from a template to any other .NET object.

/// <summary>A name that nothing was given for; prints as nothing, is false.</summary>
internal sealed record Undefined(string Name);

/// <summary>A list or a tuple; a template cannot change one.</summary>
internal sealed class ValueList(IReadOnlyList<object?> items, bool isTuple = false)
{
    /// <summary>Only how it prints differs.</summary>
    public bool IsTuple => isTuple;

    public IReadOnlyList<object?> Items => items;
}

/// <summary>A mapping in the order of its entries; a template cannot change one.</summary>
internal sealed class ValueMap
{
    private readonly Dictionary<object, int> _places = [];
    private readonly List<(object? Key, object? Value)> _entries = [];

    public IReadOnlyList<(object? Key, object? Value)> Entries => _entries;

    public void Set(object? key, object? value)
    {
        if (_places.TryGetValue(KeyOf(key), out int place))
        {
            _entries[place] = (_entries[place].Key, value);
            return;
        }
        _places.Add(KeyOf(key), _entries.Count);
        _entries.Add((key, value));
    }

    public void Set(string key, object? value) => Set(MarkedText.Own(key), value);

    public bool TryGet(object? key, out object? value)
    {
        bool found = _places.TryGetValue(KeyOf(key), out int place);
        value = found ? _entries[place].Value : null;
        return found;
    }

    // As in Python, 1, 1.0 and True are the same key.
    private static object KeyOf(object? key) => key switch
    {
        null => "\0none",
        MarkedText text => text.Text,
        bool flag => flag ? 1.0 : 0.0,
        long number => (double)number,
        double number => number,
        _ => throw new InputException("a chat template uses a list or a mapping as a key."),
    };
}

/// <summary>namespace(): the one thing that a template may write into from an inner scope.</summary>
internal sealed class Namespace
{
    public Dictionary<string, object?> Fields { get; } = [];
}

/// <summary>Something that can be called.</summary>
internal sealed record Function(string Name, Func<Frame, Arguments, object?> Call);

/// <summary>What a call was given.</summary>
internal sealed class Arguments(string of, IReadOnlyList<object?> values, IReadOnlyList<(string Name, object? Value)> named)
{
    public IReadOnlyList<object?> Values => values;

    public IReadOnlyList<(string Name, object? Value)> Named => named;

    /// <summary>An argument by place or name, or the fallback.</summary>
    public object? Get(int place, string name, object? fallback = null)
    {
        if (place < values.Count)
        {
            return values[place];
        }
        foreach ((string given, object? value) in named)
        {
            if (given == name)
            {
                return value;
            }
        }
        return fallback;
    }

    public long Whole(int place, string name, long fallback) => Get(place, name, fallback) switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        var other => throw Wrong(name, "a whole number", other),
    };

    public MarkedText Text(int place, string name, MarkedText? fallback = null) => Get(place, name, fallback) switch
    {
        MarkedText text => text,
        var other => throw Wrong(name, "a string", other),
    };

    /// <summary>Refuses more arguments than there are, and names that are not these.</summary>
    public void Allow(int most, params ReadOnlySpan<string> names)
    {
        if (values.Count > most)
        {
            throw new InputException($"a chat template calls {of} with {values.Count} arguments, it takes {most}.");
        }
        foreach ((string name, _) in named)
        {
            if (!names.Contains(name))
            {
                throw new InputException($"a chat template calls {of} with {name}=, which is not supported.");
            }
        }
    }

    private InputException Wrong(string name, string expected, object? found) =>
        new($"a chat template calls {of}: {name} must be {expected}, found {Operators.KindOf(found)}.");
}
