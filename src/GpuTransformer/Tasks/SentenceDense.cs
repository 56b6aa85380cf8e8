using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tasks;

/// <summary>sentence-transformers' Dense: activation(x · weightᵀ + bias) over a pooled vector. One row a text is no work
/// for a device.</summary>
internal sealed class SentenceDense
{
    private readonly float[] _weight;
    private readonly float[]? _bias;
    private readonly Func<float, float> _activation;

    private SentenceDense(float[] weight, float[]? bias, int inFeatures, int outFeatures, Func<float, float> activation)
    {
        _weight = weight;
        _bias = bias;
        InFeatures = inFeatures;
        OutFeatures = outFeatures;
        _activation = activation;
    }

    public int InFeatures { get; }

    public int OutFeatures { get; }

    /// <summary>Reads config.json and model.safetensors of the module's folder.</summary>
    public static SentenceDense Load(JsonObject config, string folder)
    {
        SentenceModules.OnlyKeys(
            config, ["in_features", "out_features", "bias", "activation_function", "module_input_name", "module_output_name", "use_residual"]);
        SentenceModules.RefuseOtherFeatures(config);
        if (config.FlagOr("use_residual", false))
        {
            throw config.Error("use_residual", "false", "true");
        }

        var (inFeatures, outFeatures) = (config.Whole("in_features", 1, 1 << 20), config.Whole("out_features", 1, 1 << 20));
        using var store = WeightStore.Open(folder);
        var weight = store.Require("linear.weight", outFeatures, inFeatures);
        var bias = config.FlagOr("bias", true) ? store.Require("linear.bias", outFeatures) : null;
        store.Check();
        return new SentenceDense(weight.ReadFloat32(), bias?.ReadFloat32(), inFeatures, outFeatures, Activation(config));
    }

    /// <summary>The layer over a vector.</summary>
    public float[] Apply(float[] x)
    {
        var y = new float[OutFeatures];
        for (var i = 0; i < y.Length; i++)
        {
            y[i] = _activation(Dot(_weight.AsSpan(i * InFeatures, InFeatures), x) + (_bias?[i] ?? 0));
        }

        return y;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return (float)sum;
    }

    private static Func<float, float> Activation(JsonObject config)
    {
        // Full names of torch's classes; where the key is absent sentence-transformers takes Tanh.
        var name = config.TextOr("activation_function", "torch.nn.modules.activation.Tanh");
        return name.StartsWith("torch.", StringComparison.Ordinal) ? name[(name.LastIndexOf('.') + 1)..] switch
        {
            "Identity" => x => x,
            "Tanh" => MathF.Tanh,
            "ReLU" => x => MathF.Max(0, x),
            "Sigmoid" => x => (float)(1 / (1 + Math.Exp(-x))),
            "GELU" => x => (float)(0.5 * x * (1 + FastMath.Erf((float)(x / Math.Sqrt(2))))),
            "SiLU" => x => (float)(x / (1 + Math.Exp(-x))),
            _ => throw NotHonoured(config, name),
        } : throw NotHonoured(config, name);
    }

    private static InputException NotHonoured(JsonObject config, string name) =>
        config.Error("activation_function", "torch's Identity, Tanh, ReLU, Sigmoid, GELU or SiLU", Quoted.Of(name));
}
