namespace ILGPU.Runtime;

/// <summary>The same fills and copies on dense one-dimensional views.</summary>
public static partial class ArrayViewExtensions
{
    public static void MemSetToZero<T>(this ArrayView1D<T, Stride1D.Dense> view)
        where T : unmanaged => view.BaseView.MemSetToZero();

    public static void MemSetToZero<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream)
        where T : unmanaged => view.BaseView.MemSetToZero(stream);

    public static void MemSet<T>(this ArrayView1D<T, Stride1D.Dense> view, byte value)
        where T : unmanaged => view.BaseView.MemSet(value);

    public static void MemSet<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream, byte value)
        where T : unmanaged => view.BaseView.MemSet(stream, value);

    public static void CopyTo<T>(
        this ArrayView1D<T, Stride1D.Dense> source,
        ArrayView1D<T, Stride1D.Dense> target)
        where T : unmanaged => source.BaseView.CopyTo(target.BaseView);

    public static void CopyTo<T>(
        this ArrayView1D<T, Stride1D.Dense> source,
        AcceleratorStream stream,
        in ArrayView1D<T, Stride1D.Dense> target)
        where T : unmanaged => source.BaseView.CopyTo(stream, target.BaseView);

    public static void CopyFrom<T>(
        this ArrayView1D<T, Stride1D.Dense> target,
        in ArrayView1D<T, Stride1D.Dense> source)
        where T : unmanaged => target.BaseView.CopyFrom(source.BaseView);

    public static void CopyFrom<T>(
        this ArrayView1D<T, Stride1D.Dense> target,
        AcceleratorStream stream,
        in ArrayView1D<T, Stride1D.Dense> source)
        where T : unmanaged => target.BaseView.CopyFrom(stream, source.BaseView);

    public static void CopyToCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> source,
        ref T cpuData,
        long length)
        where T : unmanaged => source.BaseView.CopyToCPU(ref cpuData, length);

    public static void CopyToCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> source,
        AcceleratorStream stream,
        ref T cpuData,
        long length)
        where T : unmanaged => source.BaseView.CopyToCPU(stream, ref cpuData, length);

    public static void CopyFromCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> target,
        ref T cpuData,
        long length)
        where T : unmanaged => target.BaseView.CopyFromCPU(ref cpuData, length);

    public static void CopyFromCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> target,
        AcceleratorStream stream,
        ref T cpuData,
        long length)
        where T : unmanaged => target.BaseView.CopyFromCPU(stream, ref cpuData, length);

    public static void CopyToCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> source,
        AcceleratorStream stream,
        in Span<T> span)
        where T : unmanaged => source.BaseView.CopyToCPU(stream, span);

    public static void CopyFromCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> target,
        AcceleratorStream stream,
        in ReadOnlySpan<T> span)
        where T : unmanaged => target.BaseView.CopyFromCPU(stream, span);
}
