namespace GpuTransformer.Kernels;

/// <summary>The activations as functions of one value, for kernels and epilogues.</summary>
public static class Activations
{
    internal const float SqrtHalf = 0.707106781f;
    internal const float SqrtTwoOverPi = 0.797884561f;
    internal const float GeluCubic = 0.044715f;
    internal const float GeluQuickScale = 1.702f;

    /// <summary>The activation <paramref name="kind"/>, one of <see cref="ActivationKind"/>, of <paramref name="value"/>;
    /// the kind is the same for a whole launch, so the branches are uniform.</summary>
    public static float Apply(float value, int kind)
    {
        if (kind == (int)ActivationKind.None)
        {
            return value;
        }

        if (kind == (int)ActivationKind.Relu)
        {
            return Relu(value);
        }

        if (kind == (int)ActivationKind.GeluErf)
        {
            return GeluErf(value);
        }

        if (kind == (int)ActivationKind.GeluTanh)
        {
            return GeluTanh(value);
        }

        if (kind == (int)ActivationKind.GeluQuick)
        {
            return value * FastMath.Sigmoid(GeluQuickScale * value);
        }

        if (kind == (int)ActivationKind.Silu)
        {
            return value * FastMath.Sigmoid(value);
        }

        return kind == (int)ActivationKind.Tanh ? FastMath.Tanh(value) : FastMath.Sigmoid(value);
    }

    /// <summary>max(0, x), NaN kept.</summary>
    public static float Relu(float value) => value < 0f ? 0f : value;

    /// <summary>x · Φ(x) = 0.5 x (1 + erf(x / √2)) (Hendrycks and Gimpel 2016, arXiv:1606.08415).</summary>
    public static float GeluErf(float value) => 0.5f * value * (1f + FastMath.Erf(value * SqrtHalf));

    /// <summary>0.5 x (1 + tanh(u)) with u = √(2/π) (x + 0.044715 x³), computed as x · sigmoid(2u), which is the same
    /// without the cancellation at negative x.</summary>
    public static float GeluTanh(float value)
    {
        var u = SqrtTwoOverPi * (value + GeluCubic * value * value * value);
        return value * FastMath.Sigmoid(u + u);
    }
}
