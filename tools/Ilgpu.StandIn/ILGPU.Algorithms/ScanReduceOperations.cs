namespace ILGPU.Algorithms.ScanReduceOperations;

/// <summary>An associative operation with an identity.</summary>
public interface IScanReduceOperation<T>
    where T : struct
{
    string CLCommand { get; }

    T Identity { get; }

    T Apply(T first, T second);

    void AtomicApply(ref T target, T value);
}

public readonly struct AddInt32 : IScanReduceOperation<int>
{
    public string CLCommand => "add";

    public int Identity => 0;

    public int Apply(int first, int second) => first + second;

    public void AtomicApply(ref int target, int value) => Atomic.Add(ref target, value);
}

public readonly struct AddInt64 : IScanReduceOperation<long>
{
    public string CLCommand => "add";

    public long Identity => 0;

    public long Apply(long first, long second) => first + second;

    public void AtomicApply(ref long target, long value) => Atomic.Add(ref target, value);
}

public readonly struct AddUInt32 : IScanReduceOperation<uint>
{
    public string CLCommand => "add";

    public uint Identity => 0;

    public uint Apply(uint first, uint second) => first + second;

    public void AtomicApply(ref uint target, uint value) => Atomic.Add(ref target, value);
}

public readonly struct AddUInt64 : IScanReduceOperation<ulong>
{
    public string CLCommand => "add";

    public ulong Identity => 0;

    public ulong Apply(ulong first, ulong second) => first + second;

    public void AtomicApply(ref ulong target, ulong value) => Atomic.Add(ref target, value);
}

public readonly struct AddFloat : IScanReduceOperation<float>
{
    public string CLCommand => "add";

    public float Identity => 0;

    public float Apply(float first, float second) => first + second;

    public void AtomicApply(ref float target, float value) => Atomic.Add(ref target, value);
}

public readonly struct AddDouble : IScanReduceOperation<double>
{
    public string CLCommand => "add";

    public double Identity => 0;

    public double Apply(double first, double second) => first + second;

    public void AtomicApply(ref double target, double value) => Atomic.Add(ref target, value);
}

public readonly struct MaxInt32 : IScanReduceOperation<int>
{
    public string CLCommand => "max";

    public int Identity => int.MinValue;

    public int Apply(int first, int second) => Math.Max(first, second);

    public void AtomicApply(ref int target, int value) => Atomic.Max(ref target, value);
}

public readonly struct MaxInt64 : IScanReduceOperation<long>
{
    public string CLCommand => "max";

    public long Identity => long.MinValue;

    public long Apply(long first, long second) => Math.Max(first, second);

    public void AtomicApply(ref long target, long value) => Atomic.Max(ref target, value);
}

public readonly struct MaxUInt32 : IScanReduceOperation<uint>
{
    public string CLCommand => "max";

    public uint Identity => uint.MinValue;

    public uint Apply(uint first, uint second) => Math.Max(first, second);

    public void AtomicApply(ref uint target, uint value) => Atomic.Max(ref target, value);
}

public readonly struct MaxUInt64 : IScanReduceOperation<ulong>
{
    public string CLCommand => "max";

    public ulong Identity => ulong.MinValue;

    public ulong Apply(ulong first, ulong second) => Math.Max(first, second);

    public void AtomicApply(ref ulong target, ulong value) => Atomic.Max(ref target, value);
}

public readonly struct MaxFloat : IScanReduceOperation<float>
{
    public string CLCommand => "max";

    public float Identity => float.MinValue;

    public float Apply(float first, float second) => Math.Max(first, second);

    public void AtomicApply(ref float target, float value) => Atomic.Max(ref target, value);
}

public readonly struct MaxDouble : IScanReduceOperation<double>
{
    public string CLCommand => "max";

    public double Identity => double.MinValue;

    public double Apply(double first, double second) => Math.Max(first, second);

    public void AtomicApply(ref double target, double value) => Atomic.Max(ref target, value);
}

public readonly struct MinInt32 : IScanReduceOperation<int>
{
    public string CLCommand => "min";

    public int Identity => int.MaxValue;

    public int Apply(int first, int second) => Math.Min(first, second);

    public void AtomicApply(ref int target, int value) => Atomic.Min(ref target, value);
}

public readonly struct MinInt64 : IScanReduceOperation<long>
{
    public string CLCommand => "min";

    public long Identity => long.MaxValue;

    public long Apply(long first, long second) => Math.Min(first, second);

    public void AtomicApply(ref long target, long value) => Atomic.Min(ref target, value);
}

public readonly struct MinUInt32 : IScanReduceOperation<uint>
{
    public string CLCommand => "min";

    public uint Identity => uint.MaxValue;

    public uint Apply(uint first, uint second) => Math.Min(first, second);

    public void AtomicApply(ref uint target, uint value) => Atomic.Min(ref target, value);
}

public readonly struct MinUInt64 : IScanReduceOperation<ulong>
{
    public string CLCommand => "min";

    public ulong Identity => ulong.MaxValue;

    public ulong Apply(ulong first, ulong second) => Math.Min(first, second);

    public void AtomicApply(ref ulong target, ulong value) => Atomic.Min(ref target, value);
}

public readonly struct MinFloat : IScanReduceOperation<float>
{
    public string CLCommand => "min";

    public float Identity => float.MaxValue;

    public float Apply(float first, float second) => Math.Min(first, second);

    public void AtomicApply(ref float target, float value) => Atomic.Min(ref target, value);
}

public readonly struct MinDouble : IScanReduceOperation<double>
{
    public string CLCommand => "min";

    public double Identity => double.MaxValue;

    public double Apply(double first, double second) => Math.Min(first, second);

    public void AtomicApply(ref double target, double value) => Atomic.Min(ref target, value);
}
