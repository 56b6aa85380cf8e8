using System.Runtime.CompilerServices;
using GpuTransformer.Kernels;
using ILGPU;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Arguments of the loops that show what a GPU can do.</summary>
public struct DeviceLoopArgs
{
    /// <summary>What is read; empty where nothing is.</summary>
    public ArrayView<float> Data;

    /// <summary>Where it is copied to; empty where nothing is.</summary>
    public ArrayView<float> Target;

    /// <summary>Receives one number a thread, so that the compiler cannot drop the loop.</summary>
    public ArrayView<float> Sums;

    /// <summary>Rounds of the loop over registers.</summary>
    public int Repeats;

    /// <summary>The factor of the multiply-adds; an argument, so that nothing folds.</summary>
    public float Factor;

    /// <summary>The addend of the multiply-adds.</summary>
    public float Addend;
}

/// <summary>The kernels of <see cref="DeviceLoop"/>.</summary>
public static class DeviceLoops
{
    /// <summary>Multiply-adds a thread does in one round.</summary>
    public const int MultiplyAddsInRound = 4 * Registers;

    private const int Registers = 16;

    /// <summary>Computes x = x · factor + addend in 16 registers, again and again.
    /// Owns: a thread 16 numbers. Shared, barriers: none. Cost: 128 flops a thread and round, no bytes.</summary>
    public static void MultiplyAdd(DeviceLoopArgs args)
    {
        var thread = Grid.IdxX * Group.DimX + Group.IdxX;
        var x = new Sixteen(Group.IdxX);
        for (var i = 0; i < args.Repeats; i++)
        {
            // ILGPU unrolls no loop.
            x.Step(args.Factor, args.Addend);
            x.Step(args.Factor, args.Addend);
            x.Step(args.Factor, args.Addend);
            x.Step(args.Factor, args.Addend);
        }

        args.Sums[thread] = x.Sum;
    }

    /// <summary>Computes the sum of the data, 16 bytes a load, neighbouring threads side by side.
    /// Owns: a thread every n-th load, n the threads of the grid. Shared, barriers: none. Cost: every byte once.</summary>
    public static void Read(DeviceLoopArgs args)
    {
        var data = args.Data.Cast<Float4>();
        var count = data.IntLength;
        var threads = Grid.DimX * Group.DimX;
        var thread = Grid.IdxX * Group.DimX + Group.IdxX;
        var sum = 0f;
        var i = thread;
        for (; i < count - 3 * threads; i += 4 * threads)
        {
            Float4 a = data[i];
            Float4 b = data[i + threads];
            Float4 c = data[i + 2 * threads];
            Float4 d = data[i + 3 * threads];
            sum += a.X + a.Y + (a.Z + a.W) + (b.X + b.Y + (b.Z + b.W)) + (c.X + c.Y + (c.Z + c.W) + (d.X + d.Y + (d.Z + d.W)));
        }

        for (; i < count; i += threads)
        {
            Float4 a = data[i];
            sum += a.X + a.Y + (a.Z + a.W);
        }

        args.Sums[thread] = sum;
    }

    /// <summary>Computes target = data, 16 bytes a load and a store, neighbouring threads side by side, four loads under
    /// way. Owns: a thread every n-th load, n the threads of the grid. Shared, barriers: none. Cost: every byte read once
    /// and written once.</summary>
    public static void Copy(DeviceLoopArgs args)
    {
        var data = args.Data.Cast<Float4>();
        var target = args.Target.Cast<Float4>();
        var count = data.IntLength;
        var threads = Grid.DimX * Group.DimX;
        var i = Grid.IdxX * Group.DimX + Group.IdxX;
        for (; i < count - 3 * threads; i += 4 * threads)
        {
            Float4 a = data[i];
            Float4 b = data[i + threads];
            Float4 c = data[i + 2 * threads];
            Float4 d = data[i + 3 * threads];
            target[i] = a;
            target[i + threads] = b;
            target[i + 2 * threads] = c;
            target[i + 3 * threads] = d;
        }

        for (; i < count; i += threads)
        {
            Float4 a = data[i];
            target[i] = a;
        }
    }

    private struct Sixteen
    {
        private float _a, _b, _c, _d, _e, _f, _g, _h, _i, _j, _k, _l, _m, _n, _o, _p;

        public Sixteen(float start) =>
            _a = _b = _c = _d = _e = _f = _g = _h = _i = _j = _k = _l = _m = _n = _o = _p = start;

        public readonly float Sum =>
            _a + _b + (_c + _d) + (_e + _f + (_g + _h)) + (_i + _j + (_k + _l) + (_m + _n + (_o + _p)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step(float factor, float addend)
        {
            _a = _a * factor + addend;
            _b = _b * factor + addend;
            _c = _c * factor + addend;
            _d = _d * factor + addend;
            _e = _e * factor + addend;
            _f = _f * factor + addend;
            _g = _g * factor + addend;
            _h = _h * factor + addend;
            _i = _i * factor + addend;
            _j = _j * factor + addend;
            _k = _k * factor + addend;
            _l = _l * factor + addend;
            _m = _m * factor + addend;
            _n = _n * factor + addend;
            _o = _o * factor + addend;
            _p = _p * factor + addend;
        }
    }
}
