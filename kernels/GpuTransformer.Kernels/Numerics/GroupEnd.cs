using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>The end of a kernel whose groups may leave before its barriers.</summary>
internal static class GroupEnd
{
    /// <summary>Joins the threads after their last stores; all threads of a group that stayed call it. For PoCL, OpenCL on a
    /// processor: where groups may leave early it takes each branch that leads from the last barrier to the end of the
    /// kernel for an end that all threads share, and with two or more of them the first thread's choice becomes everyone's,
    /// so that threads past an edge store too (PoCL 6: IsolateRegions finds the nested branches one by one and
    /// BarrierTailReplication gives each an exit). With a barrier behind the stores all branches lead to it. A graphics card
    /// gives a group's registers and memory back when its last warp ends, with or without.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Join() => Group.Barrier();
}
