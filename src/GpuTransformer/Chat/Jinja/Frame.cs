using GpuTransformer.Kernels;

namespace GpuTransformer.Chat.Jinja;

/// <summary>What a template sees and writes while it is rendered.</summary>
internal sealed class Frame
{
    private readonly Frame? _outer;
    private readonly Dictionary<string, object?> _names;

    public Frame(string template, Budget budget, MarkedText.Builder output, Dictionary<string, object?> names, TimeProvider time)
    {
        (Template, Budget, Output, _names, Time) = (template, budget, output, names, time);
    }

    private Frame(Frame outer, MarkedText.Builder output)
        : this(outer.Template, outer.Budget, output, [], outer.Time) => _outer = outer;

    public string Template { get; }

    public Budget Budget { get; }

    public TimeProvider Time { get; }

    public MarkedText.Builder Output { get; }

    /// <summary>Names set inside do not leave.</summary>
    public Frame Inner() => new(this, Output);

    /// <summary>The same, and what is written is kept apart.</summary>
    public Frame Apart() => new(this, new MarkedText.Builder());

    public object? Find(string name)
    {
        for (Frame? frame = this; frame is not null; frame = frame._outer)
        {
            if (frame._names.TryGetValue(name, out object? value))
            {
                return value;
            }
        }
        return new Undefined(name);
    }

    public void Set(string name, object? value) => _names[name] = value;

    public void Write(MarkedText text)
    {
        Budget.Build(text.Length);
        Output.Append(text);
    }

    public InputException Error(int line, string message) => new($"{Template}, line {line}: {message}.");
}
