using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Addresses of views in host memory, for the CPU tiles. Right for buffers of CPU accelerators only, whose
/// memory is native and does not move; the buffer must outlive the address. Allocates nothing.</summary>
internal static unsafe class HostAddress
{
    /// <summary>The address of element <paramref name="offset"/>; null where there is no view.</summary>
    public static T* Of<T>(ArrayView<T> view, int offset = 0)
        where T : unmanaged =>
        view.IsValid && view.Length > 0 ? (T*)view.LoadEffectiveAddressAsPtr() + offset : null;

    /// <summary>The matrix as address and stride.</summary>
    public static RowPointer Of(in RowView view) => new(Of(view.Data, view.Offset), view.Stride);

    /// <summary>Where the count of rows is read when a tile runs.</summary>
    public static RowCountPointer Of(in ActiveRows rows) => new()
    {
        State = rows.Slot < 0 ? null : Of(rows.State, rows.Slot),
        Capacity = rows.Capacity,
    };
}
