namespace GpuTransformer.Kernels;

/// <summary>What `gputx tune` measured on a device: the variant of each operation and class of shapes. Where it says
/// nothing, or a variant that the arguments do not allow, the built-in choice stands. All variants of an operation sum in
/// one order, so a choice changes the time and not the results.</summary>
public sealed class TuningTable
{
    private readonly Dictionary<(string Operation, ShapeClass Shape), string> _choices = [];

    internal TuningTable(string origin, IEnumerable<TunedChoice> choices)
    {
        Origin = origin;
        foreach (var choice in choices)
        {
            _choices[(choice.Operation, choice.Shape)] = choice.Variant;
        }
    }

    /// <summary>No choices: the built-in ones everywhere.</summary>
    public static TuningTable None { get; } = new("not tuned", []);

    /// <summary>Where it comes from, or why there is none; in a few words.</summary>
    public string Origin { get; }

    /// <summary>Choices.</summary>
    public int Count => _choices.Count;

    /// <summary>What the user's file says of a device. Never fails: a file that cannot be used is told by
    /// <see cref="Origin"/>.</summary>
    /// <param name="traits">The device.</param>
    public static TuningTable For(DeviceTraits traits)
    {
        ArgumentNullException.ThrowIfNull(traits);
        return TuningFile.UserPath is { } path ? TuningFile.Read(path, traits) : new TuningTable("ignored, as asked for", []);
    }

    /// <summary>The choice for a class of shapes; null: none. Allocates nothing.</summary>
    internal string? Find(string operation, in ShapeClass shape) => _choices.GetValueOrDefault((operation, shape));
}
