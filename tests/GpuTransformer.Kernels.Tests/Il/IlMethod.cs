using System.Reflection;
using System.Reflection.Emit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A closed method with its instructions; tokens are resolved with its own type arguments.</summary>
internal sealed class IlMethod
{
    private readonly Type[] _typeArguments;
    private readonly Type[] _methodArguments;

    public IlMethod(MethodBase method)
    {
        Method = method;
        Body = method.GetMethodBody();
        Instructions = Body?.GetILAsByteArray() is { } il ? IlInstruction.Decode(il) : [];
        _typeArguments = method.DeclaringType?.GetGenericArguments() ?? [];
        _methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
    }

    public MethodBase Method { get; }

    public MethodBody? Body { get; }

    public IReadOnlyList<IlInstruction> Instructions { get; }

    public MethodBase ResolveMethod(int token) =>
        Method.Module.ResolveMethod(token, _typeArguments, _methodArguments)!;

    public FieldInfo ResolveField(int token) =>
        Method.Module.ResolveField(token, _typeArguments, _methodArguments)!;

    public Type ResolveType(int token) => Method.Module.ResolveType(token, _typeArguments, _methodArguments);

    /// <summary>What a call at <paramref name="index"/> reaches: a constrained one reaches the type's own method.</summary>
    public MethodBase ResolveCall(int index)
    {
        var target = ResolveMethod(Instructions[index].Token);
        if (index == 0 || Instructions[index - 1].Code != OpCodes.Constrained)
            return target;
        var type = ResolveType(Instructions[index - 1].Token);
        return target.DeclaringType is { IsInterface: true } && type.IsValueType
            ? Implementation(type, (MethodInfo)target)
            : target;
    }

    /// <summary>The integer that a method always returns when its body is nothing but that constant.</summary>
    public long? ConstantResult() =>
        Instructions is [var constant, { Code.Value: var code }] && code == OpCodes.Ret.Value
            ? constant.IntegerConstant
            : null;

    private static MethodInfo Implementation(Type type, MethodInfo interfaceMethod)
    {
        var definition = interfaceMethod.IsGenericMethod
            ? interfaceMethod.GetGenericMethodDefinition()
            : interfaceMethod;
        var map = type.GetInterfaceMap(interfaceMethod.DeclaringType!);
        int slot = Array.IndexOf(map.InterfaceMethods, definition);
        // A static or instance method that the type does not override stays the interface's own.
        var found = slot < 0 || map.TargetMethods[slot] == null ? definition : map.TargetMethods[slot];
        return interfaceMethod.IsGenericMethod
            ? found.MakeGenericMethod(interfaceMethod.GetGenericArguments())
            : found;
    }
}
