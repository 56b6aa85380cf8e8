using System.Runtime.CompilerServices;

namespace ILGPU;

/// <summary>Refuses an index outside its extent before it becomes an address.</summary>
internal static class StrideChecks
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Element(long element, long index, long extent)
    {
        if ((ulong)index >= (ulong)extent && !(index == 0 && extent == 0))
            Execution.KernelFault.OutOfRange(index, extent);
        return element;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Element(long element, long x, long y, long extentX, long extentY)
    {
        Element(0, x, extentX);
        Element(0, y, extentY);
        return element;
    }
}
