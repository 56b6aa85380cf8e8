using GpuTransformer.Kernels;

namespace GpuTransformer.Models;

/// <summary>Positions of the features of an image, as DETR adds them: sines of the line, then of the column; or learned, of
/// the column, then of the line.</summary>
/// <param name="width">d_model.</param>
/// <param name="learned">Tables of 50 lines and of 50 columns, each [50, width / 2]; null: sines.</param>
internal sealed class DetrPositions(int width, (Func<float[]> Lines, Func<float[]> Columns)? learned)
{
    /// <summary>Lines and columns of the learned tables.</summary>
    public const int LearnedSize = 50;

    private const float Temperature = 10000f;
    private const float Epsilon = 1e-6f;

    private readonly float[] _divisors =
        [.. Enumerable.Range(0, width / 2).Select(i => MathF.Pow(Temperature, 2 * (i / 2) / (float)(width / 2)))];

    /// <summary>Positions of the features that are no padding, one after another.</summary>
    /// <param name="real">Whether a feature is no padding, [height, width].</param>
    /// <param name="lines">Lines of features.</param>
    /// <param name="columns">Columns of features.</param>
    /// <param name="values">Receives [real features, width].</param>
    public void Fill(ReadOnlySpan<bool> real, int lines, int columns, Span<float> values)
    {
        var row = 0;
        for (var i = 0; i < real.Length; i++)
        {
            if (!real[i])
            {
                continue;
            }

            var place = values.Slice(row++ * width, width);
            var (y, x) = (i / columns, i % columns);
            if (learned is { } tables)
            {
                tables.Columns().AsSpan(x * (width / 2), width / 2).CopyTo(place);
                tables.Lines().AsSpan(y * (width / 2), width / 2).CopyTo(place[(width / 2)..]);
            }
            else
            {
                Waves(Share(real, x, columns, lines, y), place[..(width / 2)]);
                Waves(Share(real, y * columns, 1, columns, x), place[(width / 2)..]);
            }
        }
    }

    /// <summary>Refuses images that the learned tables do not reach.</summary>
    /// <exception cref="InputException">More lines or columns of features than the tables have.</exception>
    public void Check(int lines, int columns)
    {
        if (learned is not null && Math.Max(lines, columns) > LearnedSize)
        {
            throw new InputException(
                $"pixel_values: {lines} x {columns} features, the learned positions reach {LearnedSize} x {LearnedSize}.");
        }
    }

    /// <summary>How far along a line of features one lies, from 0 to 2π, padding not counted.</summary>
    private static float Share(ReadOnlySpan<bool> real, int start, int step, int count, int index)
    {
        var (before, all) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            all += real[start + i * step] ? 1 : 0;
            before = i == index ? all : before;
        }

        return before / (all + Epsilon) * (2 * MathF.PI);
    }

    /// <summary>Sine and cosine by turns, at falling frequencies.</summary>
    private void Waves(float share, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var angle = share / _divisors[i];
            values[i] = i % 2 == 0 ? MathF.Sin(angle) : MathF.Cos(angle);
        }
    }
}
