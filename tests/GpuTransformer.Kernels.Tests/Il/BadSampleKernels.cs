using System.Runtime.Intrinsics;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Algorithms.ScanReduceOperations;
using ILGPU.Frontend;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>One kernel for each construct that ILGPU refuses or compiles wrongly; none is ever run.</summary>
public static unsafe class BadSampleKernels
{
    private static readonly int[] s_table = [1, 2, 3];
    private static readonly int s_eight = 8;
    private static int s_counter;

    private interface IWidth
    {
        static abstract int Width { get; }
    }

    public static void Throw(ArrayView<int> view) =>
        view[0] = view.Length > 0 ? 1 : throw new InvalidOperationException();

    public static void Text(ArrayView<int> view) => view[0] = Length("abc");

    public static void NewObject(ArrayView<int> view) => view[0] = new Holder { Value = 1 }.Value;

    public static void NewArray(ArrayView<int> view)
    {
        var local = new int[4];
        view[0] = local[view[1]];
    }

    public static void StaticArray(ArrayView<int> view) => view[0] = s_table[Group.IdxX];

    public static void StaticField(ArrayView<int> view) => view[0] = s_counter;

    public static void StaticWrite(ArrayView<int> view) => s_counter = view[0];

    public static void StackAllocation(ArrayView<int> view)
    {
        int* local = stackalloc int[4];
        view[0] = local[view[1]];
    }

    public static void SystemHalf(ArrayView<float> view) => view[0] = (float)(System.Half)view[1];

    public static void Lambda(ArrayView<int> view) => view[0] = Apply(value => value + 1, view[0]);

    public static void CapturingLocalFunction(ArrayView<int> view)
    {
        int offset = view[1];
        int Add(int value) => value + offset;
        view[0] = Add(1);
    }

    public static void FunctionPointer(ArrayView<int> view)
    {
        delegate*<int, int> pointer = &Increment;
        view[0] = pointer(view[0]);
    }

    public static void Box(ArrayView<int> view)
    {
        object boxed = view[1];
        view[0] = (int)boxed;
    }

    public static void VirtualCall(ArrayView<int> view) => Virtual(null!, view);

    public static void ExceptionHandler(ArrayView<int> view)
    {
        try
        {
            view[0] = 1;
        }
        finally
        {
            view[1] = 2;
        }
    }

    public static void TypeComparison(ArrayView<int> view) => view[0] = SizeKind<int>();

    public static void Overflow(ArrayView<int> view) => view[0] = checked(view[1] + view[2]);

    public static void Clamp(ArrayView<int> view) => view[0] = Math.Clamp(view[1], 0, 3);

    public static void FusedMultiplyAdd(ArrayView<float> view) =>
        view[0] = MathF.FusedMultiplyAdd(view[1], view[2], view[3]);

    public static void CopySign(ArrayView<float> view) => view[0] = MathF.CopySign(view[1], view[2]);

    public static void Exp(ArrayView<float> view) => view[0] = MathF.Exp(view[1]);

    public static void AlgorithmsReduce(ArrayView<float> view) =>
        view[0] = GroupExtensions.AllReduce<float, AddFloat>(view[1]);

    public static void UnsignedBits(ArrayView<float> view) => view[0] = BitConverter.SingleToUInt32Bits(view[1]);

    public static void Simd(ArrayView<float> view) => view[0] = Vector128.Create(view[1])[0];

    public static void Recursion(ArrayView<int> view) => view[0] = Factorial(view[1]);

    public static void DivideByEight(ArrayView<int> view) => view[0] = view[1] / 8;

    public static void DivideUnsignedByFour(ArrayView<uint> view) => view[0] = view[1] / 4;

    public static void DivideLongBySixteen(ArrayView<long> view) => view[0] = view[1] / 16;

    public static void DivideByReadOnlyField(ArrayView<int> view) => view[0] = view[1] / s_eight;

    public static void DivideByTileWidth(ArrayView<int> view) => view[0] = DivideBy<Sixteen>(view[1]);

    public static void RemainderBySixteen(ArrayView<int> view) => view[0] = view[1] % 16;

    public static void RemainderByThree(ArrayView<int> view) => view[0] = view[1] % 3;

    public static void ExternalCall(ArrayView<int> view) => CpuOnly(view);

    public static void HostCopy(ArrayView<int> view) => view.MemSetToZero();

    public static void ViewAddress(ArrayView<long> view) => view[0] = view.LoadEffectiveAddressAsPtr();

    public static void BoolParameter(WithBool argument) => argument.View[0] = argument.Flag ? 1 : 0;

    public static void WarpShuffle(ArrayView<float> view) => view[0] = Warp.ShuffleXor(view[1], 1);

    public static void UnsignedToFloat(ArrayView<uint> from, ArrayView<float> to) => to[0] = from[0];

    public static void NegativeIndex(ArrayView<float> view) => view[0] = view[-1];

    public static void NegativeIndexOfAPart(ArrayView<float> view) => view[0] = view.SubView(4, 4)[-1];

    public static void NativeInteger(ArrayView<int> view)
    {
        nint offset = view[1];
        view[0] = (int)(offset << 2);
        view[2] = (int)offset;
    }

    private static int Length(string text) => text.Length;

    private static int Apply(Func<int, int> function, int value) => function(value);

    private static int Increment(int value) => value + 1;

    private static void Virtual(Holder holder, ArrayView<int> view) => view[0] = holder.GetHashCode();

    private static int SizeKind<T>() => typeof(T) == typeof(int) ? 4 : 8;

    private static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

    private static int DivideBy<TWidth>(int value)
        where TWidth : struct, IWidth => value / TWidth.Width;

    [External("CpuOnly")]
    private static void CpuOnly(ArrayView<int> view) => view[0] = new List<int> { 1 }.Count;

    public struct WithBool
    {
        public ArrayView<int> View;
        public bool Flag;
    }

    private readonly struct Sixteen : IWidth
    {
        public static int Width => 16;
    }

    private sealed class Holder
    {
        public int Value { get; set; }

        public override int GetHashCode() => Value;
    }
}
