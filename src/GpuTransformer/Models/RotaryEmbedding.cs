using GpuTransformer.Kernels;

namespace GpuTransformer.Models;

/// <summary>Frequencies of a model's rotary positions, as transformers/modeling_rope_utils.py computes them in float32.</summary>
internal sealed class RotaryEmbedding
{
    private readonly RopeParameters _rope;
    private readonly float[] _short;
    private readonly float[]? _long;
    private readonly float[]? _divisors;
    private readonly float _scale;

    /// <param name="rope">What the config says.</param>
    /// <param name="headDim">Width of a head, all of which turns.</param>
    /// <param name="divisors">What each frequency is divided by (rope_freqs.weight of a GGUF file); null: nothing.</param>
    public RotaryEmbedding(RopeParameters rope, int headDim, float[]? divisors = null)
    {
        _rope = rope;
        Width = headDim;
        _divisors = divisors;
        _scale = (float)rope.AttentionFactor;
        var plain = RotaryTable.Frequencies(headDim, rope.Theta);
        (_short, _long) = rope.Type switch
        {
            RopeType.Linear => (Divided(plain, (float)rope.Factor), null),
            RopeType.Llama3 => (Llama3(plain), null),
            RopeType.Yarn => (Yarn(), null),
            RopeType.LongRope => (Stretched(rope.ShortFactor!), Stretched(rope.LongFactor!)),
            _ => (plain, null),
        };
        foreach (var frequencies in new[] { _short, _long }.OfType<float[]>())
        {
            Divide(frequencies);
        }
    }

    /// <summary>Elements of a row of angles: cosines, then sines.</summary>
    public int Width { get; }

    /// <summary>Radians a position.</summary>
    /// <param name="callLength">Tokens of the longest sequence of the call: dynamic and long scaling depend on it; keys
    /// that are cached keep what they were turned by.</param>
    /// <param name="scratch">Memory for frequencies that are computed now, half the width.</param>
    public ReadOnlySpan<float> Frequencies(int callLength, Span<float> scratch)
    {
        if (_rope.Type == RopeType.LongRope)
        {
            return callLength > _rope.OriginalMaxPositions ? _long : _short;
        }

        if (_rope.Type != RopeType.Dynamic || callLength <= _rope.MaxPositions)
        {
            return _short;
        }

        var stretch = (float)_rope.Factor * callLength / _rope.MaxPositions - (float)(_rope.Factor - 1);
        var theta = (float)_rope.Theta * (float)Math.Pow(stretch, Width / (Width - 2.0));
        for (var d = 0; d < scratch.Length; d++)
        {
            scratch[d] = 1f / (float)Math.Pow(theta, 2f * d / Width);
        }

        Divide(scratch);
        return scratch;
    }

    /// <summary>The angles of a position.</summary>
    public void Fill(int position, ReadOnlySpan<float> frequencies, Span<float> row) =>
        RotaryTable.Fill(position, frequencies, row, _scale);

    private static float[] Divided(float[] frequencies, float factor) => [.. frequencies.Select(f => f / factor)];

    private void Divide(Span<float> frequencies)
    {
        for (var d = 0; _divisors is not null && d < frequencies.Length; d++)
        {
            frequencies[d] /= _divisors[d];
        }
    }

    /// <summary>theta to the power 2d / dim, in float32.</summary>
    private float Power(int d) => (float)Math.Pow(_rope.Theta, 2f * d / Width);

    private float[] Stretched(double[] factors) => [.. factors.Select((f, d) => 1f / ((float)f * Power(d)))];

    /// <summary>Llama 3.1: long waves are slowed by the factor, short ones not, those between partly.</summary>
    private float[] Llama3(float[] plain)
    {
        var (factor, low, high) = ((float)_rope.Factor, (float)_rope.LowFreqFactor, (float)_rope.HighFreqFactor);
        var original = (float)_rope.OriginalMaxPositions;
        return [.. plain.Select(f =>
        {
            var wave = (float)(2 * Math.PI) / f;
            if (wave > original / low)
            {
                return f / factor;
            }

            if (wave < original / high)
            {
                return f;
            }

            var smooth = (original / wave - low) / (high - low);
            return (1 - smooth) * f / factor + smooth * f;
        })];
    }

    /// <summary>YaRN (Peng et al. 2023, arXiv:2309.00071): frequencies that turn often in the original length are kept,
    /// those that turn less than once are slowed, between them a ramp.</summary>
    private float[] Yarn()
    {
        var low = Turns(_rope.BetaFast);
        var high = Turns(_rope.BetaSlow);
        if (_rope.Truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        (low, high) = (Math.Max(low, 0), Math.Min(high, Width - 1));
        high += low == high ? 0.001 : 0;
        var frequencies = new float[Width / 2];
        for (var d = 0; d < frequencies.Length; d++)
        {
            var kept = 1f - Math.Clamp((d - (float)low) / (float)(high - low), 0f, 1f);
            frequencies[d] = 1f / ((float)_rope.Factor * Power(d)) * (1 - kept) + 1f / Power(d) * kept;
        }

        return frequencies;
    }

    /// <summary>The dimension whose frequency turns so often in the original length.</summary>
    private double Turns(double rotations) =>
        Width * Math.Log(_rope.OriginalMaxPositions / (rotations * 2 * Math.PI)) / (2 * Math.Log(_rope.Theta));
}
