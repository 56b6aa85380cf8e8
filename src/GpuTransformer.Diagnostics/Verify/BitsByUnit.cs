using GpuTransformer.Diagnostics.References;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>What the units of a shape gave when they were first seen, by order of reduction.</summary>
internal sealed class BitsByUnit
{
    private readonly Dictionary<(string Order, string Output, int Unit), (float[] Values, string From)> _seen = [];

    /// <summary>Compares the units of an output with how they came out before, and keeps those that are new.</summary>
    /// <param name="order">Order of reduction.</param>
    /// <param name="output">Name of the output.</param>
    /// <param name="units">The units of the batch, in order.</param>
    /// <param name="starts">Where each starts in the values.</param>
    /// <param name="values">The output.</param>
    /// <param name="from">Variant and batch, for what is told of a later difference.</param>
    /// <param name="problem">The first difference.</param>
    /// <returns>Whether any unit had been seen before.</returns>
    public bool Compare(
        string order, string output, int[] units, int[] starts, float[] values, string from, out string? problem)
    {
        var found = false;
        problem = null;
        for (var i = 0; i < units.Length; i++)
        {
            var now = values[starts[i]..starts[i + 1]];
            if (_seen.TryAdd((order, output, units[i]), (now, from)))
            {
                continue;
            }

            found = true;
            var (before, place) = _seen[(order, output, units[i])];
            if (problem is null && Comparison.DifferentBits(before, now) is { } at)
            {
                problem = $"{output} of unit {units[i]}, element {at}: {now[at]:G9}, but {before[at]:G9} from {place}";
            }
        }

        return found;
    }
}
