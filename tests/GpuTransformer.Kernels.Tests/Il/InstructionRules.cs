using System.Numerics;
using System.Reflection;
using System.Reflection.Emit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What a single instruction may not be; tried against ILGPU 1.5.3's PTX backend on a plain context.</summary>
internal static class InstructionRules
{
    private static readonly Dictionary<OpCode, string> Refused = new()
    {
        [OpCodes.Throw] = "throws",
        [OpCodes.Rethrow] = "throws",
        [OpCodes.Ldstr] = "uses a string",
        [OpCodes.Newarr] = "makes an array",
        [OpCodes.Ldlen] = "reads an array",
        [OpCodes.Ldelema] = "reads an array",
        [OpCodes.Ldelem] = "reads an array",
        [OpCodes.Ldelem_Ref] = "reads an array",
        [OpCodes.Localloc] = "allocates on the stack",
        [OpCodes.Ldftn] = "takes a function's address",
        [OpCodes.Ldvirtftn] = "takes a function's address",
        [OpCodes.Calli] = "calls through a pointer",
        [OpCodes.Box] = "boxes",
        [OpCodes.Unbox] = "unboxes",
        [OpCodes.Unbox_Any] = "unboxes",
        [OpCodes.Castclass] = "casts an object",
        [OpCodes.Isinst] = "casts an object",
        [OpCodes.Ldtoken] = "uses a type or field as a value",
        [OpCodes.Ldnull] = "uses null",
        [OpCodes.Stsfld] = "writes a static field",
        [OpCodes.Ldsflda] = "takes a static field's address",
        [OpCodes.Leave] = "leaves a protected block",
        [OpCodes.Leave_S] = "leaves a protected block",
        [OpCodes.Ckfinite] = "checks for finite numbers",
        [OpCodes.Mkrefany] = "makes a typed reference",
        [OpCodes.Conv_R_Un] = "makes a float of an unsigned number, which PTX does in double precision: cast to int first",
    };

    public static string? Fault(IlMethod code, int index)
    {
        var instruction = code.Instructions[index];
        if (Refused.TryGetValue(instruction.Code, out string? refused))
            return refused;
        if (instruction.Code == OpCodes.Newobj)
            return NewObject(code.ResolveMethod(instruction.Token));
        if (instruction.Code == OpCodes.Callvirt)
            return VirtualCall(code, index);
        if (instruction.Code == OpCodes.Ldsfld)
            return StaticField(code.ResolveField(instruction.Token));
        if (instruction.Code.Name!.Contains(".ovf", StringComparison.Ordinal))
            return "checks for overflow, which ILGPU leaves out";
        return Division(code, index) ?? NegativeIndex(code, index);
    }

    /// <summary>PTX reads a negative index as a large positive one, in a part of a view too.</summary>
    private static string? NegativeIndex(IlMethod code, int index)
    {
        if (index == 0 || code.Instructions[index].Code != OpCodes.Call || ConstantAt(code, index - 1) is not < 0)
            return null;
        var target = code.ResolveMethod(code.Instructions[index].Token);
        bool isView = target.DeclaringType is { IsGenericType: true, Name: "ArrayView`1" or "ArrayView1D`2" };
        return isView && target.Name is "get_Item" or "SubView" ? "indexes a view with a negative number" : null;
    }

    private static string? NewObject(MethodBase constructor) =>
        constructor.DeclaringType!.IsValueType ? null : $"makes a {constructor.DeclaringType.Name} object";

    private static string? VirtualCall(IlMethod code, int index)
    {
        var target = code.ResolveCall(index);
        return target.DeclaringType!.IsValueType
            ? null
            : $"calls {target.DeclaringType.Name}.{target.Name} on an object or through an interface";
    }

    private static string? StaticField(FieldInfo field)
    {
        if (!field.IsInitOnly)
            return $"reads the static field {field.Name}, which is not read-only";
        return field.FieldType.IsValueType && field.FieldType.IsPrimitive
            ? null
            : $"reads the static field {field.Name}, which is no number";
    }

    /// <summary>
    /// A division by a power of two becomes a shift, wrong for negative numbers and for large unsigned ones; a
    /// remainder by a constant becomes a full division.
    /// </summary>
    private static string? Division(IlMethod code, int index)
    {
        var operation = code.Instructions[index].Code;
        bool isDivision = operation == OpCodes.Div || operation == OpCodes.Div_Un;
        bool isRemainder = operation == OpCodes.Rem || operation == OpCodes.Rem_Un;
        if ((!isDivision && !isRemainder) || ConstantAt(code, index - 1) is not { } divisor)
            return null;
        if (isRemainder)
            return $"takes the remainder by {divisor}: use & or a comparison";
        return BitOperations.IsPow2(Math.Abs(divisor))
            ? $"divides by {divisor}, which ILGPU compiles wrongly: use >>"
            : null;
    }

    /// <summary>The number that is pushed there, where the code says it.</summary>
    private static long? ConstantAt(IlMethod code, int index)
    {
        while (index > 0 && IsConversion(code.Instructions[index].Code))
            index--;
        var pushed = code.Instructions[index];
        if (pushed.IntegerConstant is { } constant)
            return constant;
        if (pushed.Code == OpCodes.Call && code.ResolveCall(index) is { IsAbstract: false } getter &&
            getter.GetMethodBody() != null)
        {
            return new IlMethod(getter).ConstantResult();
        }
        return pushed.Code == OpCodes.Ldsfld && code.ResolveField(pushed.Token) is { IsInitOnly: true } field &&
            field.FieldType.IsPrimitive && field.FieldType != typeof(float) && field.FieldType != typeof(double)
            ? Convert.ToInt64(field.GetValue(null), System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }

    private static bool IsConversion(OpCode code) =>
        code == OpCodes.Conv_I4 || code == OpCodes.Conv_I8 || code == OpCodes.Conv_U4 || code == OpCodes.Conv_U8;
}
