namespace GpuTransformer.Kernels.Tests;

/// <summary>Finds entries of an operation's table.</summary>
internal static class Variants
{
    /// <summary>The entry of that name, also where the choice would not take it.</summary>
    public static Variant<TArgs> Named<TArgs>(Operation<TArgs> operation, string name)
        where TArgs : struct
    {
        foreach (var variant in operation.Table)
        {
            if (variant.Name == name)
            {
                return variant;
            }
        }

        throw new ArgumentException($"{operation.Name} has no variant {name}.");
    }
}
