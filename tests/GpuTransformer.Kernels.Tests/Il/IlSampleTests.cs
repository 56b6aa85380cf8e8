using System.Reflection;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The walker itself: it is silent on good kernels and names the fault in each bad one.</summary>
public sealed class IlSampleTests
{
    public static TheoryData<string, string> Faults => new()
    {
        { nameof(BadSampleKernels.Throw), "throws" },
        { nameof(BadSampleKernels.Text), "uses a string" },
        { nameof(BadSampleKernels.NewObject), "makes a Holder object" },
        { nameof(BadSampleKernels.NewArray), "makes an array" },
        { nameof(BadSampleKernels.StaticArray), "reads the static field s_table, which is no number" },
        { nameof(BadSampleKernels.StaticField), "reads the static field s_counter, which is not read-only" },
        { nameof(BadSampleKernels.StaticWrite), "writes a static field" },
        { nameof(BadSampleKernels.StackAllocation), "allocates on the stack" },
        { nameof(BadSampleKernels.SystemHalf), "calls System.Half.op_Explicit, which kernels cannot" },
        { nameof(BadSampleKernels.Lambda), "takes a function's address" },
        { nameof(BadSampleKernels.CapturingLocalFunction), "does not lie in the order of its fields" },
        { nameof(BadSampleKernels.FunctionPointer), "calls through a pointer" },
        { nameof(BadSampleKernels.Box), "boxes" },
        { nameof(BadSampleKernels.VirtualCall), "on an object or through an interface" },
        { nameof(BadSampleKernels.ExceptionHandler), "has an exception handler" },
        { nameof(BadSampleKernels.TypeComparison), "uses a type or field as a value" },
        { nameof(BadSampleKernels.Overflow), "checks for overflow" },
        { nameof(BadSampleKernels.Clamp), "calls System.Math.Clamp" },
        { nameof(BadSampleKernels.FusedMultiplyAdd), "calls System.MathF.FusedMultiplyAdd" },
        { nameof(BadSampleKernels.CopySign), "calls System.MathF.CopySign" },
        { nameof(BadSampleKernels.Exp), "calls System.MathF.Exp" },
        { nameof(BadSampleKernels.AlgorithmsReduce), "calls ILGPU.Algorithms.GroupExtensions.AllReduce" },
        { nameof(BadSampleKernels.UnsignedBits), "calls System.BitConverter.SingleToUInt32Bits" },
        { nameof(BadSampleKernels.Simd), "calls System.Runtime.Intrinsics.Vector128.Create" },
        { nameof(BadSampleKernels.Recursion), "calls itself" },
        { nameof(BadSampleKernels.DivideByEight), "divides by 8" },
        { nameof(BadSampleKernels.DivideUnsignedByFour), "divides by 4" },
        { nameof(BadSampleKernels.DivideLongBySixteen), "divides by 16" },
        { nameof(BadSampleKernels.DivideByReadOnlyField), "divides by 8" },
        { nameof(BadSampleKernels.DivideByTileWidth), "divides by 16" },
        { nameof(BadSampleKernels.RemainderBySixteen), "takes the remainder by 16" },
        { nameof(BadSampleKernels.RemainderByThree), "takes the remainder by 3" },
        { nameof(BadSampleKernels.ExternalCall), "calls CpuOnly, which only a CPU has" },
        { nameof(BadSampleKernels.HostCopy), "calls ILGPU.Runtime.ArrayViewExtensions.MemSetToZero" },
        { nameof(BadSampleKernels.ViewAddress), "calls ILGPU.Runtime.ArrayViewExtensions.LoadEffectiveAddressAsPtr" },
        { nameof(BadSampleKernels.BoolParameter), "Boolean cannot be passed to a kernel" },
        { nameof(BadSampleKernels.WarpShuffle), "calls ILGPU.Warp.ShuffleXor, which ILGPU has for CUDA and Intel's OpenCL only" },
        { nameof(BadSampleKernels.UnsignedToFloat), "makes a float of an unsigned number" },
        { nameof(BadSampleKernels.NegativeIndex), "indexes a view with a negative number" },
        { nameof(BadSampleKernels.NegativeIndexOfAPart), "indexes a view with a negative number" },
        { nameof(BadSampleKernels.NativeInteger), "IntPtr ends ILGPU's compiler" },
    };

    [Theory]
    [InlineData(nameof(GoodSampleKernels.TiledKernel))]
    [InlineData(nameof(GoodSampleKernels.ArithmeticKernel))]
    public void GoodKernelsPass(string name) => Assert.Empty(IlWalker.Walk(Kernel(typeof(GoodSampleKernels), name)));

    [Theory]
    [MemberData(nameof(Faults))]
    public void EachFaultIsNamed(string name, string fault)
    {
        var findings = IlWalker.Walk(Kernel(typeof(BadSampleKernels), name));
        Assert.Contains(findings, finding => finding.ToString().Contains(fault, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryBadSampleIsListed()
    {
        var samples = typeof(BadSampleKernels)
            .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Select(method => method.Name);
        Assert.Equal(samples.Order(), Faults.Select(row => (string)row[0]).Order());
    }

    private static MethodInfo Kernel(Type type, string name) =>
        type.GetMethod(name, BindingFlags.Static | BindingFlags.Public)!;
}
