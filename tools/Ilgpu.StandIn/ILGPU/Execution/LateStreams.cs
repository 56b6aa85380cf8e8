using ILGPU.Runtime;

namespace ILGPU.Execution;

/// <summary>
/// A mode of the accelerator, off unless asked for: what is launched, filled or copied over a stream waits in that stream
/// until the stream is synchronized, as late as a graphics card may be. Whoever reads over another stream, or without
/// waiting, finds what was there before.
/// </summary>
/// <remarks>What fails does so when the stream is waited for. Freeing memory waits for every stream, as on CUDA.</remarks>
internal sealed class LateStreams
{
    private readonly Lock queueLock = new();
    private readonly List<(AcceleratorStream Stream, Action Work)> queued = [];

    internal void Add(AcceleratorStream stream, KernelTask task) =>
        Add(stream, () => KernelLaunch.RunNow(stream.Accelerator, task));

    internal void Add(AcceleratorStream stream, Action work)
    {
        ArgumentNullException.ThrowIfNull(stream);
        lock (queueLock)
            queued.Add((stream, work));
    }

    /// <summary>Runs what waits in a stream, or in all of them, in the order in which it came.</summary>
    internal void Run(AcceleratorStream? only = null)
    {
        lock (queueLock)
        {
            // Taken out first: what throws is not run again.
            var ready = queued.FindAll(entry => only is null || entry.Stream == only);
            queued.RemoveAll(entry => only is null || entry.Stream == only);
            foreach (var (_, work) in ready)
                work();
        }
    }
}
