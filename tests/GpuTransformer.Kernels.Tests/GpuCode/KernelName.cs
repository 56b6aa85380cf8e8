using System.Reflection;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A kernel's name as the tables write it: the type with its arguments, and the method unless it is Kernel.</summary>
internal static class KernelName
{
    public static string Of(MethodInfo kernel)
    {
        var type = Of(kernel.DeclaringType!);
        return kernel.Name == "Kernel" ? type : $"{type}.{kernel.Name}";
    }

    private static string Of(Type type)
    {
        var name = type.Name.Split('`')[0];
        var own = type.DeclaringType is { } outer ? $"{outer.Name.Split('`')[0]}.{name}" : name;
        return type.IsGenericType ? $"{own}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>" : own;
    }
}
