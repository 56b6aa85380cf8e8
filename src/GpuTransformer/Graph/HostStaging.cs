using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Graph;

/// <summary>Page-locked host memory between a session and its device: a CUDA driver copies from and to it while the host
/// goes on, where ordinary memory would make it wait. What is handed in is first copied here, so the caller may change it
/// at once; a place here is used again only after the stream was waited for. Allocates nothing after it was made.</summary>
internal sealed class HostStaging : IDisposable
{
    private const int Alignment = DevicePool.AlignmentBytes;
    private const long ShortestBytes = 64 << 10;
    private const long LongestBytes = 16 << 20;

    private readonly PageLockedArray1D<byte> _locked;
    private readonly AcceleratorStream _stream;
    private int _next;

    private HostStaging(PageLockedArray1D<byte> locked, AcceleratorStream stream)
    {
        _locked = locked;
        _stream = stream;
    }

    /// <summary>Bytes of page-locked memory.</summary>
    public long Bytes => _locked.Length;

    /// <summary>Makes one where the device copies from page-locked memory; null: ordinary copies serve.</summary>
    /// <param name="kernels">Where. OpenCL has no such memory in ILGPU, and a CPU accelerator needs none.</param>
    /// <param name="stream">Where the copies are queued.</param>
    /// <param name="bytesARun">What goes in and out in a run; two runs fit, within bounds.</param>
    public static HostStaging? TryMake(KernelSet kernels, AcceleratorStream stream, long bytesARun)
    {
        if (kernels.Traits.Kind != DeviceKind.Cuda)
        {
            return null;
        }

        try
        {
            return Make(kernels.Accelerator, stream, bytesARun);
        }
        catch (AcceleratorException)
        {
            // The system's limit of locked memory: slower copies, the same results.
            return null;
        }
    }

    /// <summary>The same on any accelerator.</summary>
    internal static HostStaging Make(Accelerator accelerator, AcceleratorStream stream, long bytesARun)
    {
        var bytes = Math.Clamp(RoundUp(2 * bytesARun), ShortestBytes, LongestBytes);
        return new HostStaging(accelerator.AllocatePageLocked1D<byte>(bytes, true), stream);
    }

    /// <summary>Queues a copy to the device; the values may change when this returns.</summary>
    public void Write<T>(ArrayView<T> target, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        var raw = target.Cast<byte>();
        for (var done = 0; done < bytes.Length;)
        {
            var part = Math.Min(bytes.Length - done, Room());
            bytes.Slice(done, part).CopyTo(_locked.Span[_next..]);
            raw.SubView(done, part).CopyFrom(_stream, _locked.ArrayView.SubView(_next, part));
            Advance(part);
            done += part;
        }
    }

    /// <summary>Waits for the stream and copies out; <paramref name="word"/> and the values are of one moment where they
    /// fit together.</summary>
    /// <param name="source">Where the values are.</param>
    /// <param name="values">Receives them.</param>
    /// <param name="wordAt">One more element that is read with the first of them.</param>
    /// <param name="word">Receives it.</param>
    public void Read<T>(ArrayView<T> source, Span<T> values, ArrayView<int> wordAt, out int word)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        var raw = source.Cast<byte>();
        Room();
        var wordPlace = Queue(wordAt.Cast<byte>());
        var first = Math.Min(bytes.Length, Room(keep: true));
        var place = first > 0 ? Queue(raw.SubView(0, first)) : 0;
        Synchronize();
        word = MemoryMarshal.Read<int>(_locked.Span[wordPlace..]);
        _locked.Span.Slice(place, first).CopyTo(bytes);
        for (var done = first; done < bytes.Length;)
        {
            var part = Math.Min(bytes.Length - done, Room());
            place = Queue(raw.SubView(done, part));
            Synchronize();
            _locked.Span.Slice(place, part).CopyTo(bytes[done..]);
            done += part;
        }
    }

    /// <summary>Waits for the stream; every place is free again.</summary>
    public void Synchronize()
    {
        _stream.Synchronize();
        _next = 0;
    }

    public void Dispose() => DeviceException.Ignore(_locked.Dispose);

    private static long RoundUp(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>Bytes that can be placed next; waits for the stream when there are none, or with
    /// <paramref name="keep"/> says that there are none.</summary>
    private int Room(bool keep = false)
    {
        if (_next >= _locked.Length && !keep)
        {
            Synchronize();
        }

        return (int)(_locked.Length - _next);
    }

    private int Queue(ArrayView<byte> source)
    {
        var place = _next;
        source.CopyTo(_stream, _locked.ArrayView.SubView(place, source.Length));
        Advance((int)source.Length);
        return place;
    }

    private void Advance(int bytes) => _next = (int)Math.Min(_locked.Length, RoundUp(_next + (long)bytes));
}
