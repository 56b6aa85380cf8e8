namespace GpuTransformer.Kernels;

/// <summary>Element-wise activations, under the names PyTorch and Hugging Face give them.</summary>
public enum ActivationKind
{
    /// <summary>x.</summary>
    None,

    /// <summary>max(0, x); keeps NaN, as PyTorch does.</summary>
    Relu,

    /// <summary>x · Φ(x) with the error function: torch.nn.GELU(), Hugging Face's "gelu".</summary>
    GeluErf,

    /// <summary>0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))): "gelu_new", "gelu_pytorch_tanh".</summary>
    GeluTanh,

    /// <summary>x · sigmoid(1.702 x): "quick_gelu".</summary>
    GeluQuick,

    /// <summary>x · sigmoid(x): "silu", "swish".</summary>
    Silu,

    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,
}
