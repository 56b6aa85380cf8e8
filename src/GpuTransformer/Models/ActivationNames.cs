using GpuTransformer.Kernels;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Models;

/// <summary>Activation names as Hugging Face's configs and PyTorch write them.</summary>
internal static class ActivationNames
{
    /// <summary>The activation that a config key names.</summary>
    /// <exception cref="InputException">It is not one of those that are honoured.</exception>
    public static ActivationKind Read(JsonObject config, string key, string fallback) =>
        Of(config, key, config.TextOr(key, fallback));

    /// <summary>The activation of a name that is part of a config key's text.</summary>
    /// <exception cref="InputException">It is not one of those that are honoured.</exception>
    public static ActivationKind Of(JsonObject config, string key, string name) => name switch
    {
        "relu" => ActivationKind.Relu,
        "gelu" or "gelu_python" => ActivationKind.GeluErf,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => ActivationKind.GeluTanh,
        "quick_gelu" => ActivationKind.GeluQuick,
        "silu" or "swish" => ActivationKind.Silu,
        "tanh" => ActivationKind.Tanh,
        var other => throw config.Error(key, "relu, gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, silu or tanh", other),
    };
}
