using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;

namespace ILGPU.Execution;

/// <summary>
/// Whether a kernel, or anything it calls, asks for dynamic shared memory: the package refuses a launch that
/// requests some for a kernel that never does.
/// </summary>
internal static class DynamicMemoryUse
{
    private static readonly ConcurrentDictionary<MethodBase, bool> Answers = new();

    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    internal static bool In(MethodBase kernel) => Answers.GetOrAdd(kernel, static method => Search(method));

    private static bool Search(MethodBase kernel)
    {
        var seen = new HashSet<MethodBase> { kernel };
        var pending = new Stack<MethodBase>(seen);
        while (pending.TryPop(out var method))
        {
            foreach (var callee in Callees(method))
            {
                if (callee.DeclaringType == typeof(SharedMemory) && callee.Name == nameof(SharedMemory.GetDynamic))
                    return true;
                if (IsUsers(callee) && seen.Add(callee))
                    pending.Push(callee);
            }
        }
        return false;
    }

    private static bool IsUsers(MethodBase method) =>
        method.DeclaringType?.Assembly is { } assembly &&
        assembly != typeof(SharedMemory).Assembly &&
        !assembly.GetName().Name!.StartsWith("System", StringComparison.Ordinal);

    private static IEnumerable<MethodBase> Callees(MethodBase method)
    {
        byte[] il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        Type? constraint = null;
        for (int position = 0; position < il.Length;)
        {
            int number = il[position++];
            if (number == 0xFE)
                number = 0xFE00 | il[position++];
            var code = Codes[number];
            int operand = position;
            position += OperandBytes(code, il, position);
            if (code == OpCodes.Constrained)
                constraint = (Type)Resolve(method, il, operand);
            else if (code.OperandType == OperandType.InlineMethod)
            {
                var callee = (MethodBase)Resolve(method, il, operand);
                yield return Constrained(callee, constraint);
                constraint = null;
            }
        }
    }

    private static MemberInfo Resolve(MethodBase method, byte[] il, int position) =>
        method.Module.ResolveMember(
            BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(position)),
            method.DeclaringType?.GetGenericArguments(),
            method.IsGenericMethod ? method.GetGenericArguments() : null)!;

    private static MethodBase Constrained(MethodBase callee, Type? type)
    {
        if (type is not { IsValueType: true } || callee.DeclaringType is not { IsInterface: true } contract)
            return callee;
        var open = callee.IsGenericMethod ? ((MethodInfo)callee).GetGenericMethodDefinition() : callee;
        var map = type.GetInterfaceMap(contract);
        int slot = Array.IndexOf(map.InterfaceMethods, open);
        if (slot < 0 || map.TargetMethods[slot] is not { } found)
            return callee;
        return callee.IsGenericMethod ? found.MakeGenericMethod(callee.GetGenericArguments()) : found;
    }

    private static int OperandBytes(OpCode code, byte[] il, int position) => code.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(position))),
        _ => 4,
    };
}
