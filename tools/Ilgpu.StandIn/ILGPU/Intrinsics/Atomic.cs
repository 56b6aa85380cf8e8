using System.Runtime.CompilerServices;
using ILGPU.Execution;

namespace ILGPU;

/// <summary>Read-modify-write operations; each returns what was there before.</summary>
public static class Atomic
{
    public static int Add(ref int target, int value) => Interlocked.Add(ref Seen(ref target), value) - value;

    public static long Add(ref long target, long value) => Interlocked.Add(ref Seen(ref target), value) - value;

    public static uint Add(ref uint target, uint value) => Interlocked.Add(ref Seen(ref target), value) - value;

    public static ulong Add(ref ulong target, ulong value) => Interlocked.Add(ref Seen(ref target), value) - value;

    public static float Add(ref float target, float value) => Update<float, AddOp>(ref Seen(ref target), value);

    public static double Add(ref double target, double value) => Update<double, AddOp>(ref Seen(ref target), value);

    public static Index1D Add(ref Index1D target, Index1D value) => Add(ref Unsafe.As<Index1D, int>(ref target), value);

    public static int Max(ref int target, int value) => Update<int, MaxOp>(ref Seen(ref target), value);

    public static long Max(ref long target, long value) => Update<long, MaxOp>(ref Seen(ref target), value);

    public static uint Max(ref uint target, uint value) => Update<uint, MaxOp>(ref Seen(ref target), value);

    public static ulong Max(ref ulong target, ulong value) => Update<ulong, MaxOp>(ref Seen(ref target), value);

    public static float Max(ref float target, float value) => Update<float, MaxOp>(ref Seen(ref target), value);

    public static double Max(ref double target, double value) => Update<double, MaxOp>(ref Seen(ref target), value);

    public static int Min(ref int target, int value) => Update<int, MinOp>(ref Seen(ref target), value);

    public static long Min(ref long target, long value) => Update<long, MinOp>(ref Seen(ref target), value);

    public static uint Min(ref uint target, uint value) => Update<uint, MinOp>(ref Seen(ref target), value);

    public static ulong Min(ref ulong target, ulong value) => Update<ulong, MinOp>(ref Seen(ref target), value);

    public static float Min(ref float target, float value) => Update<float, MinOp>(ref Seen(ref target), value);

    public static double Min(ref double target, double value) => Update<double, MinOp>(ref Seen(ref target), value);

    public static int And(ref int target, int value) => Interlocked.And(ref Seen(ref target), value);

    public static long And(ref long target, long value) => Interlocked.And(ref Seen(ref target), value);

    public static uint And(ref uint target, uint value) => Interlocked.And(ref Seen(ref target), value);

    public static ulong And(ref ulong target, ulong value) => Interlocked.And(ref Seen(ref target), value);

    public static int Or(ref int target, int value) => Interlocked.Or(ref Seen(ref target), value);

    public static long Or(ref long target, long value) => Interlocked.Or(ref Seen(ref target), value);

    public static uint Or(ref uint target, uint value) => Interlocked.Or(ref Seen(ref target), value);

    public static ulong Or(ref ulong target, ulong value) => Interlocked.Or(ref Seen(ref target), value);

    public static int Xor(ref int target, int value)
    {
        int current = target;
        while (true)
        {
            int seen = Interlocked.CompareExchange(ref Seen(ref target), current ^ value, current);
            if (seen == current)
                return current;
            current = seen;
        }
    }

    public static long Xor(ref long target, long value)
    {
        long current = target;
        while (true)
        {
            long seen = Interlocked.CompareExchange(ref Seen(ref target), current ^ value, current);
            if (seen == current)
                return current;
            current = seen;
        }
    }

    public static uint Xor(ref uint target, uint value)
    {
        uint current = target;
        while (true)
        {
            uint seen = Interlocked.CompareExchange(ref Seen(ref target), current ^ value, current);
            if (seen == current)
                return current;
            current = seen;
        }
    }

    public static ulong Xor(ref ulong target, ulong value)
    {
        ulong current = target;
        while (true)
        {
            ulong seen = Interlocked.CompareExchange(ref Seen(ref target), current ^ value, current);
            if (seen == current)
                return current;
            current = seen;
        }
    }

    public static int Exchange(ref int target, int value) => Interlocked.Exchange(ref Seen(ref target), value);

    public static long Exchange(ref long target, long value) => Interlocked.Exchange(ref Seen(ref target), value);

    public static uint Exchange(ref uint target, uint value) => Interlocked.Exchange(ref Seen(ref target), value);

    public static ulong Exchange(ref ulong target, ulong value) => Interlocked.Exchange(ref Seen(ref target), value);

    public static float Exchange(ref float target, float value) => Interlocked.Exchange(ref Seen(ref target), value);

    public static double Exchange(ref double target, double value) => Interlocked.Exchange(ref Seen(ref target), value);

    public static int CompareExchange(ref int target, int compare, int value) =>
        Interlocked.CompareExchange(ref Seen(ref target), value, compare);

    public static long CompareExchange(ref long target, long compare, long value) =>
        Interlocked.CompareExchange(ref Seen(ref target), value, compare);

    public static uint CompareExchange(ref uint target, uint compare, uint value) =>
        Interlocked.CompareExchange(ref Seen(ref target), value, compare);

    public static ulong CompareExchange(ref ulong target, ulong compare, ulong value) =>
        Interlocked.CompareExchange(ref Seen(ref target), value, compare);

    public static float CompareExchange(ref float target, float compare, float value) =>
        Interlocked.CompareExchange(ref Seen(ref target), value, compare);

    public static double CompareExchange(ref double target, double compare, double value) =>
        Interlocked.CompareExchange(ref Seen(ref target), value, compare);

    private static ref T Seen<T>(ref T target)
        where T : unmanaged
    {
        AccessLog.Update(ref target);
        return ref target;
    }

    private static T Update<T, TOp>(ref T target, T value)
        where T : unmanaged, System.Numerics.INumber<T>
        where TOp : struct, IUpdate
    {
        T current = target;
        while (true)
        {
            T seen = Swap(ref target, TOp.Apply(current, value), current);
            if (SameBits(seen, current))
                return current;
            current = seen;
        }
    }

    private static T Swap<T>(ref T target, T value, T comparand)
        where T : unmanaged =>
        Unsafe.SizeOf<T>() == 4
            ? Reinterpret<int, T>(Interlocked.CompareExchange(
                ref Unsafe.As<T, int>(ref target),
                Reinterpret<T, int>(value),
                Reinterpret<T, int>(comparand)))
            : Reinterpret<long, T>(Interlocked.CompareExchange(
                ref Unsafe.As<T, long>(ref target),
                Reinterpret<T, long>(value),
                Reinterpret<T, long>(comparand)));

    private static bool SameBits<T>(T left, T right)
        where T : unmanaged =>
        Unsafe.SizeOf<T>() == 4
            ? Reinterpret<T, int>(left) == Reinterpret<T, int>(right)
            : Reinterpret<T, long>(left) == Reinterpret<T, long>(right);

    private static TTo Reinterpret<TFrom, TTo>(TFrom value)
        where TFrom : unmanaged
        where TTo : unmanaged => Unsafe.As<TFrom, TTo>(ref value);

    private interface IUpdate
    {
        static abstract T Apply<T>(T current, T value)
            where T : System.Numerics.INumber<T>;
    }

    private readonly struct AddOp : IUpdate
    {
        public static T Apply<T>(T current, T value)
            where T : System.Numerics.INumber<T> => current + value;
    }

    private readonly struct MaxOp : IUpdate
    {
        public static T Apply<T>(T current, T value)
            where T : System.Numerics.INumber<T> => T.Max(current, value);
    }

    private readonly struct MinOp : IUpdate
    {
        public static T Apply<T>(T current, T value)
            where T : System.Numerics.INumber<T> => T.Min(current, value);
    }
}
