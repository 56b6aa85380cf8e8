using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Runs code that reads a hostile file the way such code must survive: on a thread with a small stack, with
/// the bytes that it allocates counted.</summary>
internal static class HostileRun
{
    private const int Stack = 256 * 1024;
    private const long Slack = 64 * 1024;

    /// <summary>Runs the code once to compile it and once counted; gives its exception, if any, and bytes
    /// allocated.</summary>
    public static (Exception? Error, long Allocated) Measure(Action read)
    {
        Exception? error = null;
        long allocated = 0;
        var thread = new Thread(
            () =>
            {
                _ = Catch(read);
                long before = GC.GetAllocatedBytesForCurrentThread();
                error = Catch(read);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            },
            Stack);
        thread.Start();
        thread.Join();
        return (error, allocated);
    }

    /// <summary>The code must throw <see cref="InputException"/> whose message holds each of
    /// <paramref name="mentions"/>, having allocated at most 64 KiB and twice the file.</summary>
    public static void MustRefuse(Action read, long fileBytes, params string[] mentions)
    {
        (Exception? error, long allocated) = Measure(read);
        InputException refused = Assert.IsType<InputException>(error);
        foreach (string mention in mentions)
        {
            Assert.Contains(mention, refused.Message, StringComparison.Ordinal);
        }
        Assert.True(allocated <= Slack + 2 * fileBytes, $"{allocated} bytes allocated for a file of {fileBytes}");
    }

    /// <summary>The code must succeed within the same bounds.</summary>
    public static void MustAccept(Action read, long fileBytes)
    {
        (Exception? error, long allocated) = Measure(read);
        Assert.Null(error);
        Assert.True(allocated <= Slack + 2 * fileBytes, $"{allocated} bytes allocated for a file of {fileBytes}");
    }

    private static Exception? Catch(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }
}
