using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.References;

/// <summary>Integers that a kernel writes, with guards on both sides; those that are not written read as NaN, or keep the
/// value they start with.</summary>
internal sealed class GuardedIntegers : IGuardedMemory
{
    private const int Guards = 16;
    private const int GuardValue = -123456789;
    private readonly int[] _start;
    private readonly int? _value;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _buffer;

    /// <param name="value">What each starts with; null: nothing that a kernel writes.</param>
    public GuardedIntegers(Accelerator accelerator, int count, int? value = null)
    {
        _value = value;
        _start = new int[Guards + count + Guards];
        Array.Fill(_start, GuardValue);
        _start.AsSpan(Guards, count).Fill(value ?? GuardValue);
        _buffer = accelerator.Allocate1D(_start);
    }

    /// <summary>All of the memory; the integers begin at <see cref="Offset"/>.</summary>
    public ArrayView<int> View => _buffer.View;

    public static int Offset => Guards;

    public void Poison() => _buffer.CopyFromCPU(_start);

    public float[] Read(out string? damage)
    {
        var all = _buffer.GetAsArray1D();
        damage = null;
        for (var i = 0; i < all.Length; i++)
        {
            if ((i < Guards || i >= all.Length - Guards) && all[i] != GuardValue)
            {
                damage ??= $"guard overwritten at {i - Guards}: {all[i]}";
            }
        }

        return [.. all[Guards..^Guards].Select(i => i == GuardValue && _value is null ? float.NaN : i)];
    }

    public void Dispose() => _buffer.Dispose();
}
