using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace ILGPU.Execution;

/// <summary>Which types ILGPU takes as kernel parameters and buffer elements.</summary>
internal static class ParameterTypes
{
    private static readonly ConcurrentDictionary<Type, string?> ParameterFaults = new();
    private static readonly ConcurrentDictionary<Type, string?> ElementFaults = new();
    private static readonly ConcurrentDictionary<Type, string?> HiddenTypes = new();

    internal static void CheckParameter(Type type)
    {
        if (HiddenTypes.GetOrAdd(type, HiddenType) is { } hidden)
            throw new InternalCompilerException(hidden);
        if (ParameterFaults.GetOrAdd(type, static type => Fault(type, viewsAllowed: true)) is { } fault)
        {
            throw new ArgumentException(
                $"Not supported kernel-parameter type '{type.Name}'",
                new NotSupportedException(fault));
        }
    }

    internal static void CheckElement(Type type)
    {
        if (ElementFaults.GetOrAdd(type, static type => Fault(type, viewsAllowed: false)) is { } fault)
            throw new NotSupportedException(fault);
    }

    private static string? Fault(Type type, bool viewsAllowed)
    {
        if (type == typeof(bool) || type == typeof(char) || type == typeof(string))
            return $"Type '{type.Name}' is not blittable";
        if (type == typeof(nint) || type == typeof(nuint))
            return $"Type '{type.Name}' ends ILGPU's compiler in a stack overflow: use long or ulong";
        if (type.IsPrimitive)
            return null;
        if (type.IsPointer)
            return type == typeof(void*) ? null : Fault(type.GetElementType()!, viewsAllowed);
        if (type.IsEnum)
            return Fault(type.GetEnumUnderlyingType(), viewsAllowed);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>))
        {
            return viewsAllowed
                ? Fault(type.GetGenericArguments()[0], viewsAllowed: false)
                : $"Type '{type.Name}' is not blittable";
        }
        if (!type.IsValueType)
            return $"Type '{type.Name}' is not a value type";
        bool isTuple = type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true;
        if (!isTuple && type.StructLayoutAttribute is { } layout && layout.Value != LayoutKind.Sequential)
            return $"Structure '{type.Name}' does not lie in the order of its fields";
        return type
            .GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .Select(field => Fault(field.FieldType, viewsAllowed))
            .FirstOrDefault(fault => fault != null);
    }

    /// <summary>The package keeps arguments in a type of an assembly of its own, which has to see them.</summary>
    private static string? HiddenType(Type type)
    {
        if (type.IsPointer)
            return HiddenType(type.GetElementType()!);
        foreach (var argument in type.GetGenericArguments())
        {
            if (HiddenType(argument) is { } fault)
                return fault;
        }
        bool isOpen = type.IsVisible ||
            type.Assembly.GetCustomAttributes<System.Runtime.CompilerServices.InternalsVisibleToAttribute>()
                .Any(friend => friend.AssemblyName == Context.RuntimeAssemblyName);
        return isOpen
            ? null
            : $"Type '{type.Name}' is neither public nor in an assembly open to {Context.RuntimeAssemblyName}";
    }
}
