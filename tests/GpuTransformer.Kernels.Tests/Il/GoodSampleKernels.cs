using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Kernels in the style that ILGPU compiles: the walker finds nothing in them.</summary>
public static unsafe class GoodSampleKernels
{
    public interface ITile
    {
        static abstract int Width { get; }
    }

    public interface IScore
    {
        float Apply(float value, int position);
    }

    public static void TiledKernel(Arguments arguments) => Tiled<WideTile, Scaled>(arguments, new(2));

    public static void ArithmeticKernel(ArrayView<float> view, ArrayView<int> numbers, int count)
    {
        int index = Grid.GlobalLinearIndex;
        if (index >= count)
            return;
        float value = view[index];
        (float low, float high) = Split((value, MathF.Sqrt(MathF.Abs(value))));
        numbers[index] = (numbers[index] >> 3) + (numbers[index] & 7) + (numbers[index] / 3) + (count & 1);
        view[index] = Kind(numbers[index]) switch
        {
            Flavor.Plain => low,
            Flavor.Twofold => low + high,
            _ => Interop.IntAsFloat(Interop.FloatAsInt(Math.Max(low, high)) << 16),
        };
        view[index] += Sum(value, 2f) + BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & ~1);
        Atomic.Add(ref view[0], BitOperations.PopCount((uint)index) / 2f);
    }

    private static void Tiled<TTile, TScore>(Arguments arguments, TScore score)
        where TTile : struct, ITile
        where TScore : struct, IScore
    {
        var shared = SharedMemory.Allocate<float>(64);
        var rows = arguments.Input.SubView(Grid.IdxX * TTile.Width, TTile.Width).Cast<Four>();
        int thread = Group.IdxX;
        Four four = rows[thread];
        float sum = 0;
        Accumulate(ref sum, four);
        shared[thread] = score.Apply(sum, thread);
        Group.Barrier();
        for (int half = Group.DimX >> 1; half > 0; half >>= 1)
        {
            if (thread < half)
                shared[thread] += shared[thread + half];
            Group.Barrier();
        }
        if (Group.IsFirstThread && arguments.Output.IsValid)
            arguments.Output[Grid.IdxX] = shared[0] + Warp.LaneIdx + arguments.Table.Values[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(ref float sum, in Four four)
    {
        sum += four.A * four.B;
        sum += four.C * four.D;
    }

    private static Flavor Kind(int number)
    {
        static Flavor Sign(int value) => value < 0 ? Flavor.Plain : Flavor.Twofold;
        return number == 0 ? Flavor.Other : Sign(number);
    }

    private static (float Low, float High) Split((float First, float Second) pair) =>
        (MathF.Min(pair.First, pair.Second), MathF.Max(pair.First, pair.Second));

    private static T Sum<T>(T first, T second)
        where T : INumber<T> => first + (second * T.One);

    public enum Flavor
    {
        Plain,
        Twofold,
        Other,
    }

    public struct Arguments
    {
        public ArrayView<float> Input;
        public ArrayView<float> Output;
        public Table Table;
        public int Count;
    }

    public struct Table
    {
        public fixed float Values[4];
    }

    public struct Four
    {
        public float A;
        public float B;
        public float C;
        public float D;
    }

    public readonly struct WideTile : ITile
    {
        public static int Width => 16;
    }

    public readonly struct Scaled(float factor) : IScore
    {
        public float Apply(float value, int position) => (value * factor) + position;
    }
}
