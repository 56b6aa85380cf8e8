namespace GpuTransformer.Kernels;

/// <summary>scale · q.</summary>
internal readonly struct Int8Plain : IInt8Form
{
    public static bool HasMinimum => false;

    public static bool HasHalves => false;
}

/// <summary>scale · q + minimum.</summary>
internal readonly struct Int8WithMinimum : IInt8Form
{
    public static bool HasMinimum => true;

    public static bool HasHalves => false;
}

/// <summary>scale · q, a scale for each 16 k.</summary>
internal readonly struct Int8InHalves : IInt8Form
{
    public static bool HasMinimum => false;

    public static bool HasHalves => true;
}
