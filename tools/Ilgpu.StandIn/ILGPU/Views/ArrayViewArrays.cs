namespace ILGPU.Runtime;

/// <summary>Copies between views and arrays.</summary>
public static partial class ArrayViewExtensions
{
    public static void CopyToCPU<T>(this ArrayView<T> view, T[] data)
        where T : unmanaged => ((ArrayView1D<T, Stride1D.Dense>)view).CopyToCPU(data);

    public static void CopyToCPU<T>(this ArrayView<T> view, AcceleratorStream stream, T[] data)
        where T : unmanaged => ((ArrayView1D<T, Stride1D.Dense>)view).CopyToCPU(stream, data);

    public static void CopyFromCPU<T>(this ArrayView<T> view, T[] data)
        where T : unmanaged => ((ArrayView1D<T, Stride1D.Dense>)view).CopyFromCPU(data);

    public static void CopyFromCPU<T>(this ArrayView<T> view, AcceleratorStream stream, T[] data)
        where T : unmanaged => ((ArrayView1D<T, Stride1D.Dense>)view).CopyFromCPU(stream, data);

    public static T[] GetAsArray<T>(this ArrayView<T> view)
        where T : unmanaged => view.HasNoData() ? [] : view.GetAsArray(view.GetDefaultStream());

    public static T[] GetAsArray<T>(this ArrayView<T> view, AcceleratorStream stream)
        where T : unmanaged
    {
        if (view.HasNoData())
            return [];
        var result = new T[view.Length];
        view.CopyToCPU(stream, new Span<T>(result));
        return result;
    }

    public static MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(this Accelerator accelerator, T[] data)
        where T : unmanaged => Allocate1D(accelerator, accelerator.DefaultStream, data);

    public static MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(
        this Accelerator accelerator,
        AcceleratorStream stream,
        T[] data)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Length < 1)
            return new(accelerator, ArrayView1D<T, Stride1D.Dense>.Empty);
        var buffer = accelerator.Allocate1D<T>(data.Length);
        buffer.View.CopyFromCPU(stream, data);
        return buffer;
    }

    public static void CopyToCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, T[] data)
        where T : unmanaged => view.CopyToCPU(view.GetDefaultStream(), data);

    public static void CopyToCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> view,
        AcceleratorStream stream,
        T[] data)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(data);
        if (view.HasNoData())
            return;
        if (data.Length < view.Extent.X)
            throw new ArgumentOutOfRangeException(nameof(data));
        // The whole array is read, as the package does: an array longer than the view is refused there too.
        view.BaseView.CopyToCPU(stream, new Span<T>(data));
    }

    public static void CopyFromCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, T[] data)
        where T : unmanaged => view.CopyFromCPU(view.GetDefaultStream(), data);

    public static void CopyFromCPU<T>(
        this ArrayView1D<T, Stride1D.Dense> view,
        AcceleratorStream stream,
        T[] data)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(data);
        if (view.HasNoData())
            return;
        if (data.Length < view.Extent.X)
            throw new ArgumentOutOfRangeException(nameof(data));
        view.BaseView.CopyFromCPU(stream, new ReadOnlySpan<T>(data));
    }

    public static T[] GetAsArray1D<T>(this ArrayView1D<T, Stride1D.Dense> view)
        where T : unmanaged => view.HasNoData() ? [] : view.GetAsArray1D(view.GetDefaultStream());

    public static T[] GetAsArray1D<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream)
        where T : unmanaged => view.BaseView.GetAsArray(stream);

    public static void CopyToCPU<T>(this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer, T[] data)
        where T : unmanaged => buffer.View.CopyToCPU(data);

    public static void CopyToCPU<T>(
        this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer,
        AcceleratorStream stream,
        T[] data)
        where T : unmanaged => buffer.View.CopyToCPU(stream, data);

    public static void CopyFromCPU<T>(this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer, T[] data)
        where T : unmanaged => buffer.View.CopyFromCPU(data);

    public static void CopyFromCPU<T>(
        this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer,
        AcceleratorStream stream,
        T[] data)
        where T : unmanaged => buffer.View.CopyFromCPU(stream, data);

    public static T[] GetAsArray1D<T>(this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer)
        where T : unmanaged => buffer.View.GetAsArray1D();

    public static T[] GetAsArray1D<T>(
        this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer,
        AcceleratorStream stream)
        where T : unmanaged => buffer.View.GetAsArray1D(stream);
}
