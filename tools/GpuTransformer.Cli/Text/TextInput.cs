using GpuTransformer.Kernels;

namespace GpuTransformer.Cli.Text;

/// <summary>One input of a text command.</summary>
/// <param name="Place">Where it came from, as errors begin: "line 3", "argument 2".</param>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text of a pair; null: there is none.</param>
internal sealed record TextInput(string Place, string Text, string? Pair = null)
{
    /// <summary>Its place among all inputs, from 0.</summary>
    public int Number { get; init; }

    /// <summary>Bytes of its source up to its end, for a progress bar; 0 where nobody knows.</summary>
    public long End { get; init; }

    /// <summary>What is wrong with it, where it could not be read; null: nothing.</summary>
    public string? Problem { get; private init; }

    /// <summary>An input that could not be read.</summary>
    public static TextInput Bad(string place, string problem) => new(place, "") { Problem = problem };

    /// <summary>The error of this input.</summary>
    public InputException Error(string problem) => new($"{Place}: {problem}");
}
