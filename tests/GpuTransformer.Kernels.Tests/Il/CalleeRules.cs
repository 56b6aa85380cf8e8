using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuTransformer.Kernels.Tests;

/// <summary>
/// Which methods of .NET and of ILGPU a kernel may call on a context without EnableAlgorithms. Each entry was compiled
/// to PTX by ILGPU 1.5.3; what compiles into a call that nothing defines (FusedMultiplyAdd, Truncate) is not here, nor
/// what is wrong (CopySign swaps its operands) or too coarse (tanh.approx).
/// </summary>
internal static class CalleeRules
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["System.MathF"] = ["Sqrt", "Min", "Max", "Abs", "Floor", "Ceiling", "Sin", "Cos"],
        ["System.Math"] = ["Min", "Max", "Abs", "Sqrt"],
        ["System.BitConverter"] =
            ["SingleToInt32Bits", "Int32BitsToSingle", "DoubleToInt64Bits", "Int64BitsToDouble"],
        ["System.Single"] = ["IsNaN", "IsInfinity", "IsFinite", "Min", "Max", "Abs"],
        ["System.Double"] = ["IsNaN", "IsInfinity", "IsFinite", "Min", "Max", "Abs"],
        ["System.Int32"] = ["Min", "Max", "Abs"],
        ["System.Int64"] = ["Min", "Max", "Abs"],
        ["System.Numerics.BitOperations"] =
            ["PopCount", "LeadingZeroCount", "TrailingZeroCount", "RotateLeft", "RotateRight", "IsPow2"],
        ["ILGPU.Algorithms.XMath"] =
        [
            "Min", "Max", "Abs", "Clamp", "Sqrt", "Rsqrt", "Rcp", "Exp2", "Log2", "Floor", "Ceiling", "Sin", "Cos",
            "IsNaN", "IsInfinity", "IsFinite", "DivRoundUp", "DivRoundDown",
        ],
        ["ILGPU.Interop"] = ["FloatAsInt", "IntAsFloat", "SizeOf"],
    };

    /// <summary>Types of ILGPU whose methods all belong into kernels, unless marked otherwise.</summary>
    private static readonly HashSet<string> DeviceTypes =
    [
        "ILGPU.Grid", "ILGPU.Group", "ILGPU.Warp", "ILGPU.Atomic", "ILGPU.SharedMemory", "ILGPU.LocalMemory",
        "ILGPU.MemoryFence", "ILGPU.IntrinsicMath", "ILGPU.Runtime.ArrayViewExtensions",
    ];

    private static readonly string[] HostViewMethods =
    [
        "CopyTo", "CopyFrom", "CopyToCPU", "CopyFromCPU", "MemSet", "MemSetToZero", "GetAsArray", "GetAsArray1D",
        "GetAccelerator", "GetContext", "GetAcceleratorType", "LoadEffectiveAddress", "LoadEffectiveAddressAsPtr",
        "Allocate1D", "ToString", "GetHashCode", "AsRawArrayView",
    ];

    /// <summary>Whether a method belongs to .NET or ILGPU, whose bodies are not walked.</summary>
    public static bool IsForeign(MethodBase method)
    {
        var assembly = method.DeclaringType!.Assembly;
        return assembly == typeof(Context).Assembly || assembly == typeof(XMath).Assembly ||
            assembly.GetName().Name!.StartsWith("System", StringComparison.Ordinal);
    }

    public static string? Fault(MethodBase method)
    {
        var type = method.DeclaringType!;
        string owner = (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!;
        if (IsWarpExchange(method, owner))
            return $"calls {owner}.{method.Name}, which ILGPU has for CUDA and Intel's OpenCL only: use shared memory";
        return IsAllowed(method, type, owner) ? null : $"calls {owner}.{method.Name}, which kernels cannot";
    }

    private static bool IsAllowed(MethodBase method, Type type, string owner)
    {
        if (method.IsDefined(typeof(NotInsideKernelAttribute)))
            return false;
        if (Allowed.TryGetValue(owner, out string[]? names) && names.Contains(method.Name))
            return true;
        if (owner == "System.Runtime.CompilerServices.Unsafe")
            return method.Name == "As" && method.GetGenericArguments().Length == 2;
        if (owner.StartsWith("System.ValueTuple`", StringComparison.Ordinal))
            return method.IsConstructor;
        if (type.IsPrimitive)
            return IsArithmetic(method.Name);
        bool isDevice = DeviceTypes.Contains(owner) || (type.IsValueType && type.Assembly == typeof(Context).Assembly);
        return isDevice && !HostViewMethods.Contains(method.Name) && !IsViewConstructor(method, type);
    }

    private static bool IsWarpExchange(MethodBase method, string owner) =>
        owner == "ILGPU.Warp" && (method.Name.StartsWith("Shuffle", StringComparison.Ordinal) ||
            method.Name.StartsWith("SubWarpShuffle", StringComparison.Ordinal) || method.Name == "Broadcast");

    /// <summary>Operators and constants of INumber&lt;T&gt;, which a number type implements under long names.</summary>
    private static bool IsArithmetic(string name)
    {
        string simple = name[(name.LastIndexOf('.') + 1)..];
        return simple.StartsWith("op_", StringComparison.Ordinal) || simple is "get_One" or "get_Zero" or "Min" or "Max";
    }

    private static bool IsViewConstructor(MethodBase method, Type type) =>
        method.IsConstructor && type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);
}
