using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Elements in a pool's memory, at a 256-byte boundary. Nobody else has them until they are disposed; what nobody
/// disposes stays taken until the accelerator goes, since launches may hold the view.</summary>
internal sealed class PooledMemory<T> : IDisposable
    where T : unmanaged
{
    private readonly DevicePool _pool;
    private readonly DevicePool.Slab _slab;
    private readonly long _offset;
    private readonly long _bytes;
    private readonly ArrayView<T> _view;
    private int _isDisposed;

    public PooledMemory(DevicePool pool, DevicePool.Slab slab, long offset, long bytes, ArrayView<T> view)
    {
        _pool = pool;
        _slab = slab;
        _offset = offset;
        _bytes = bytes;
        _view = view;
    }

    /// <summary>The elements.</summary>
    /// <exception cref="ObjectDisposedException">They were given back.</exception>
    public ArrayView<T> View
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _view;
        }
    }

    public bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>Gives the memory back; touches no GPU, so it does not fail on one that is lost.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _pool.Return(_slab, _offset, _bytes);
        }
    }
}
