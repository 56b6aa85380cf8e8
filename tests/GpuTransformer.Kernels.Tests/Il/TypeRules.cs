using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Which types a kernel may take as parameters and hold in local variables.</summary>
internal static class TypeRules
{
    public static string? Fault(Type type, bool isParameter)
    {
        if (type.IsByRef || type.IsPointer)
        {
            var element = type.GetElementType()!;
            return element == typeof(void) ? null : Fault(element, isParameter);
        }
        if (type == typeof(nint) || type == typeof(nuint))
            return $"{type.Name} ends ILGPU's compiler in a stack overflow: use long or ulong";
        if (isParameter && (type == typeof(bool) || type == typeof(char)))
            return $"{type.Name} cannot be passed to a kernel: use int or byte";
        if (type.IsPrimitive || type.IsEnum)
            return null;
        if (type == typeof(System.Half) || type == typeof(decimal))
            return $"{type.Name} does not compile";
        if (!type.IsValueType)
            return $"{type.Name} is an object";
        if (type.Namespace == "System.Runtime.Intrinsics" || type.IsDefined(typeof(InlineArrayAttribute)))
            return $"{type.Name} does not compile";
        if (type.IsByRefLike)
            return $"{type.Name} is a ref struct";
        if (IsView(type))
            return Fault(type.GetGenericArguments()[0], isParameter);
        return Structure(type, isParameter);
    }

    private static bool IsView(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);

    private static string? Structure(Type type, bool isParameter)
    {
        bool isTuple = type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true;
        if (!isTuple && type.StructLayoutAttribute!.Value != LayoutKind.Sequential)
            return $"{type.Name} does not lie in the order of its fields (a local function that captures makes one)";
        return type
            .GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .Select(field => Fault(field.FieldType, isParameter) is { } fault ? $"{type.Name}.{field.Name}: {fault}" : null)
            .FirstOrDefault(fault => fault != null);
    }
}
