namespace ILGPU;

public static class AlgorithmContext
{
    /// <summary>Makes group and warp algorithms and the larger part of XMath available to kernels.</summary>
    public static Context.Builder EnableAlgorithms(this Context.Builder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AlgorithmsEnabled = true;
        return builder;
    }
}
