namespace GpuTransformer.Kernels;

/// <summary>Which activation a kernel computes: one that is compiled in, or the one that the arguments name.</summary>
internal interface IActivationChoice
{
    static abstract ActivationKind Of(in ActivationArgs args);
}

/// <summary>What the arguments say, the same for a whole launch.</summary>
internal struct AnyActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => (ActivationKind)args.Activation;
}

/// <summary><see cref="ActivationKind.None"/>.</summary>
internal struct NoActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.None;
}

/// <summary><see cref="ActivationKind.Relu"/>.</summary>
internal struct ReluActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.Relu;
}

/// <summary><see cref="ActivationKind.GeluErf"/>.</summary>
internal struct GeluErfActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.GeluErf;
}

/// <summary><see cref="ActivationKind.GeluTanh"/>.</summary>
internal struct GeluTanhActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.GeluTanh;
}

/// <summary><see cref="ActivationKind.GeluQuick"/>.</summary>
internal struct GeluQuickActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.GeluQuick;
}

/// <summary><see cref="ActivationKind.Silu"/>.</summary>
internal struct SiluActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.Silu;
}

/// <summary><see cref="ActivationKind.Tanh"/>.</summary>
internal struct TanhActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.Tanh;
}

/// <summary><see cref="ActivationKind.Sigmoid"/>.</summary>
internal struct SigmoidActivation : IActivationChoice
{
    public static ActivationKind Of(in ActivationArgs args) => ActivationKind.Sigmoid;
}
