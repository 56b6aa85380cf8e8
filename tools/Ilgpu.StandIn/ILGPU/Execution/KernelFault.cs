using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace ILGPU.Execution;

/// <summary>Ends the process when a kernel does what a GPU would not survive either.</summary>
internal static class KernelFault
{
    /// <summary>
    /// Inside a kernel this ends the process, as an exception on one of the package's kernel threads does;
    /// on the host it fails the same way the package's assertions do.
    /// </summary>
    [DoesNotReturn]
    internal static void Fail(string message)
    {
        var run = GroupRun.CurrentOrNull;
        if (run != null)
            Environment.FailFast($"ILGPU stand-in, {run.KernelName}, {run.Place}: {message}");
        Trace.Fail(message);
        throw new InvalidOperationException(message);
    }

    [DoesNotReturn]
    internal static void OutOfRange(long index, long length) =>
        Fail($"Index {index} is outside a view of {length} elements.");

    [DoesNotReturn]
    internal static void SubViewOutOfRange(long index, long length, long available) =>
        Fail($"A sub-view of {length} elements at {index} is outside a view of {available} elements.");

    [DoesNotReturn]
    internal static void Escaped(GroupRun run, Exception exception) =>
        Environment.FailFast($"ILGPU stand-in, {run.KernelName}, {run.Place}: an exception left the kernel. {exception}", exception);
}
