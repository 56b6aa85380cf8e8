using System.Runtime.CompilerServices;

namespace ILGPU.Runtime;

/// <summary>Questions to a view, and its parts.</summary>
public static partial class ArrayViewExtensions
{
    public static ref byte LoadEffectiveAddress<T>(this ArrayView<T> view)
        where T : unmanaged => ref Unsafe.As<T, byte>(ref view.AddressOf(0));

    public static unsafe IntPtr LoadEffectiveAddressAsPtr<T>(this ArrayView<T> view)
        where T : unmanaged => (IntPtr)Unsafe.AsPointer(ref view.AddressOf(0));

    public static VariableView<T> VariableView<T>(this ArrayView<T> view, Index1D element)
        where T : unmanaged => new(view.SubView(element.X, 1));

    public static VariableView<T> VariableView<T>(this ArrayView<T> view, LongIndex1D element)
        where T : unmanaged => new(view.SubView(element.X, 1));

    public static ArrayView1D<T, Stride1D.Dense> AsDense<T>(this ArrayView<T> view)
        where T : unmanaged => view;

    public static ArrayView1D<T, Stride1D.General> AsGeneral<T>(this ArrayView<T> view)
        where T : unmanaged => view.AsDense().AsGeneral();

    public static ArrayView1D<TOther, Stride1D.Dense> Cast<T, TOther>(this ArrayView1D<T, Stride1D.Dense> view)
        where T : unmanaged
        where TOther : unmanaged => view.BaseView.Cast<TOther>();

    public static bool HasNoData<TView>(this TView view)
        where TView : IArrayView => !view.HasData();

    public static bool HasData<TView>(this TView view)
        where TView : IArrayView => view.IsValid && view.Length > 0;

    public static Accelerator GetAccelerator<TView>(this TView view)
        where TView : IArrayView =>
        view.Buffer?.Accelerator ?? throw new InvalidOperationException("The view belongs to no accelerator.");

    public static Context GetContext<TView>(this TView view)
        where TView : IArrayView => view.GetAccelerator().Context;

    public static AcceleratorType GetAcceleratorType<TView>(this TView view)
        where TView : IArrayView => view.Buffer.AcceleratorType;

    internal static AcceleratorStream GetDefaultStream<TView>(this TView view)
        where TView : IArrayView => view.GetAccelerator().DefaultStream;
}
