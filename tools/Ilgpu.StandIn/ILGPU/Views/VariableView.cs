using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Execution;

namespace ILGPU;

/// <summary>A view of exactly one element.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct VariableView<T>
    where T : unmanaged
{
    public static readonly int VariableSize = Unsafe.SizeOf<T>();

    public VariableView(ArrayView<T> baseView)
    {
        if (!baseView.IsValid || baseView.Length != 1)
            KernelFault.Fail($"A variable needs a view of one element, not of {baseView.Length}.");
        BaseView = baseView;
    }

    public ArrayView<T> BaseView { get; }

    public bool IsValid => BaseView.IsValid;

    public ref T Value => ref BaseView[0];

    public void CopyTo(VariableView<T> targetView) => targetView.Value = Value;

    public void CopyFrom(VariableView<T> sourceView) => Value = sourceView.Value;

    public override string ToString() => BaseView.ToString();
}
