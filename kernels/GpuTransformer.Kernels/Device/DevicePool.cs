using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>The memory of an accelerator: on a GPU large slabs, cut into parts that start at a 256-byte boundary, since a
/// driver's own allocation takes up to a millisecond and its release waits for the whole device; on a CPU accelerator a
/// buffer each, which is freed when it is given back. For any number of threads.</summary>
internal sealed class DevicePool
{
    /// <summary>Where every part starts, and what lengths are rounded to: ILGPU assumes it of a kernel's views.</summary>
    public const int AlignmentBytes = 256;

    /// <summary>Slabs are at least so long, and grow with what is held up to <see cref="LongestSharedSlab"/>.</summary>
    private const long ShortestSlab = 32L << 20;
    private const long LongestSharedSlab = 256L << 20;

    /// <summary>Free slabs beyond this go back to the driver.</summary>
    private const long MostKeptBytes = 1L << 30;

    private readonly Accelerator _accelerator;
    private readonly DeviceTraits _traits;
    private readonly Func<long, MemoryBuffer1D<byte, Stride1D.Dense>> _allocate;
    private readonly bool _shares;
    private readonly List<Slab> _slabs = [];
    private readonly List<(Slab Slab, long Offset, long Bytes)> _returned = [];
    private readonly object _gate = new();
    private int _allocations;
    private long _held;
    private long _used;
    private long _peak;

    /// <param name="accelerator">Whose memory.</param>
    /// <param name="traits">Its traits.</param>
    /// <param name="shares">Whether parts share slabs; null: on GPUs.</param>
    /// <param name="allocate">Makes a slab; null: ILGPU does.</param>
    public DevicePool(
        Accelerator accelerator, DeviceTraits traits, bool? shares = null,
        Func<long, MemoryBuffer1D<byte, Stride1D.Dense>>? allocate = null)
    {
        _accelerator = accelerator;
        _traits = traits;
        _shares = shares ?? traits.Kind != DeviceKind.Cpu;
        _allocate = allocate ?? accelerator.Allocate1D<byte>;
    }

    /// <summary>What is held and used now.</summary>
    public MemoryReport Report
    {
        get
        {
            lock (_gate)
            {
                return new MemoryReport(_held, _used, _peak, _allocations, KnownMemory);
            }
        }
    }

    /// <summary>The device's memory; 0: not known, or the host's.</summary>
    private long KnownMemory => _traits.Kind == DeviceKind.Cpu ? 0 : _traits.MemoryBytes;

    /// <summary>Memory for elements; what is in it is not defined.</summary>
    /// <param name="elements">How many; none takes a little all the same, so that there is a view.</param>
    /// <param name="what">What it is for, as an error names it.</param>
    /// <exception cref="DeviceException">There is no room.</exception>
    public PooledMemory<T> Rent<T>(long elements, string what)
        where T : unmanaged
    {
        var bytes = RoundUp(checked(Math.Max(1, elements) * Interop.SizeOf<T>()));
        lock (_gate)
        {
            CheckRoom(bytes, what);
            var (slab, offset) = Part(bytes, what);
            _used += bytes;
            _peak = Math.Max(_peak, _used);
            var view = slab.View.SubView(offset, bytes).Cast<T>().SubView(0, Math.Max(1, elements));
            return new PooledMemory<T>(this, slab, offset, bytes, view);
        }
    }

    /// <summary>Refuses what the device cannot hold beside what is used, before anything is allocated or launched.</summary>
    /// <exception cref="DeviceException">It cannot.</exception>
    public void CheckRoom(long bytes, string what)
    {
        if (KnownMemory > 0 && bytes > KnownMemory - _used)
        {
            throw NoRoom(bytes, what, null);
        }
    }

    /// <summary>Takes a part back. Launches that are queued may still use it, so it is lent again only after the device
    /// was waited for.</summary>
    public void Return(Slab slab, long offset, long bytes)
    {
        lock (_gate)
        {
            _used -= bytes;
            if (_shares)
            {
                _returned.Add((slab, offset, bytes));
            }
            else
            {
                Release(slab);
            }
        }
    }

    private static long RoundUp(long bytes) => (bytes + AlignmentBytes - 1) / AlignmentBytes * AlignmentBytes;

    private (Slab Slab, long Offset) Part(long bytes, string what)
    {
        if (!_shares)
        {
            return (NewSlab(bytes, bytes, what), 0);
        }

        if (Fit(bytes) is { } part)
        {
            return part;
        }

        Settle(what);
        if (Fit(bytes) is { } settled)
        {
            return settled;
        }

        var shared = Math.Clamp(_held / 4, ShortestSlab, LongestSharedSlab);
        var left = KnownMemory > 0 ? KnownMemory - _held : long.MaxValue;
        var slab = NewSlab(Math.Max(bytes, Math.Min(shared, left / AlignmentBytes * AlignmentBytes)), bytes, what);
        return (slab, slab.Free.Take(bytes));
    }

    private (Slab Slab, long Offset)? Fit(long bytes)
    {
        Slab? best = null;
        var shortest = long.MaxValue;
        foreach (var slab in _slabs)
        {
            var fit = slab.Free.ShortestFit(bytes);
            if (fit >= 0 && fit < shortest)
            {
                (best, shortest) = (slab, fit);
            }
        }

        return best is null ? null : (best, best.Free.Take(bytes));
    }

    /// <summary>Waits for the device; then what was returned is free, and slabs that nobody uses go, but for some.</summary>
    private void Settle(string what)
    {
        if (_returned.Count == 0)
        {
            return;
        }

        try
        {
            _accelerator.Synchronize();
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(_traits, $"waiting for memory for {what}", error);
        }

        foreach (var (slab, offset, bytes) in _returned)
        {
            slab.Free.Give(offset, bytes);
        }

        _returned.Clear();
        ReleaseFree(MostKeptBytes);
    }

    private void ReleaseFree(long mostKept)
    {
        var free = _slabs.FindAll(slab => slab.Free.IsWhole);
        var kept = free.Sum(slab => slab.Free.Length);
        foreach (var slab in free)
        {
            if (kept > mostKept)
            {
                kept -= slab.Free.Length;
                Release(slab);
            }
        }
    }

    private Slab NewSlab(long bytes, long needed, string what)
    {
        try
        {
            return Allocate(bytes);
        }
        catch (Exception error) when (IsNoRoom(error) && _shares)
        {
            // Perhaps for no more than is needed, and without what is free elsewhere.
            ReleaseFree(0);
        }
        catch (Exception error) when (IsNoRoom(error))
        {
            throw NoRoom(needed, what, error);
        }

        try
        {
            return Allocate(needed);
        }
        catch (Exception error) when (IsNoRoom(error))
        {
            throw NoRoom(needed, what, error);
        }
    }

    private Slab Allocate(long bytes)
    {
        var slab = new Slab(_allocate(bytes + (_traits.Kind == DeviceKind.Cpu ? AlignmentBytes : 0)), bytes, _traits.Kind);
        if (_shares)
        {
            _slabs.Add(slab);
        }

        _allocations++;
        _held += bytes;
        return slab;
    }

    private void Release(Slab slab)
    {
        _slabs.Remove(slab);
        _allocations--;
        _held -= slab.Free.Length;
        DeviceException.Ignore(slab.Buffer.Dispose);
    }

    // A lost device answers an allocation with the same kind of exception; its message says so.
    private static bool IsNoRoom(Exception error) => error is AcceleratorException or OutOfMemoryException;

    private DeviceException NoRoom(long bytes, string what, Exception? error)
    {
        var device = KnownMemory > 0 ? $" of the device's {KnownMemory:N0}" : "";
        var message = FormattableString.Invariant(
            $"{_traits.Name}: no room for {what}, {bytes:N0} bytes: {_used:N0} bytes are in use and {_held:N0} held{device}");
        return error is null ? new DeviceException($"{message}.") : new DeviceException($"{message}: {error.Message}", error);
    }

    /// <summary>One allocation of the driver's.</summary>
    internal sealed class Slab
    {
        public Slab(MemoryBuffer1D<byte, Stride1D.Dense> buffer, long bytes, DeviceKind kind)
        {
            Buffer = buffer;
            Free = new FreeRanges(bytes);

            // Drivers align what they allocate; on OpenCL there is no address to look at. Only the host's memory is not.
            var shift = 0L;
            if (kind == DeviceKind.Cpu)
            {
                var address = (long)((ArrayView<byte>)buffer.View).LoadEffectiveAddressAsPtr();
                shift = (AlignmentBytes - address % AlignmentBytes) % AlignmentBytes;
            }

            View = ((ArrayView<byte>)buffer.View).SubView(shift, bytes);
        }

        public MemoryBuffer1D<byte, Stride1D.Dense> Buffer { get; }

        /// <summary>From the boundary on.</summary>
        public ArrayView<byte> View { get; }

        public FreeRanges Free { get; }
    }
}
