using System.Runtime.InteropServices;

namespace GpuTransformer.Kernels;

/// <summary>Native memory for packed weights. Where there are huge pages, matrices lie one behind the other in slabs of
/// them, since most are smaller than a page or end inside one. A slab is freed with its last matrix; what is never written
/// takes no memory.</summary>
internal sealed unsafe class PanelMemory
{
    private const int Alignment = 64;
    private const long SlabBytes = 32 << 20;

    // A smaller matrix is read from caches, and alone would take a huge page for nothing.
    private const long LeastBytes = 64 << 10;

    private readonly Lock _gate = new();
    private Slab* _current;
    private int _slabs;

    /// <summary>That of the process: a model's matrices share slabs.</summary>
    public static PanelMemory Shared { get; } = new();

    /// <summary>Slabs that are not free.</summary>
    public int Slabs => Volatile.Read(ref _slabs);

    /// <summary>Memory for a matrix, 64-byte aligned, not cleared.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="slab">What <see cref="Return"/> needs.</param>
    /// <exception cref="OutOfMemoryException">There is not enough.</exception>
    public void* Rent(long bytes, out Slab* slab)
    {
        if (!HugePages.AreThere || bytes < LeastBytes)
        {
            slab = null;
            return NativeMemory.AlignedAlloc(checked((nuint)bytes), Alignment);
        }

        bytes = checked((bytes + Alignment - 1) / Alignment * Alignment);
        lock (_gate)
        {
            slab = _current;
            if (slab == null || slab->Bytes - slab->Used < bytes)
            {
                slab = NewSlab(Math.Max(SlabBytes, bytes + sizeof(Slab)));
                if (_current == null || slab->Bytes - bytes > _current->Bytes - _current->Used)
                {
                    _current = slab;
                }
            }

            var block = (byte*)slab + slab->Used;
            slab->Used += bytes;
            slab->Blocks++;
            return block;
        }
    }

    /// <summary>Frees what was rented.</summary>
    public void Return(void* block, Slab* slab)
    {
        if (slab == null)
        {
            NativeMemory.AlignedFree(block);
            return;
        }

        lock (_gate)
        {
            slab->Blocks--;
            if (slab->Blocks == 0)
            {
                _current = _current == slab ? null : _current;
                _slabs--;
                NativeMemory.AlignedFree(slab);
            }
        }
    }

    private Slab* NewSlab(long bytes)
    {
        bytes = (bytes + HugePages.Bytes - 1) / HugePages.Bytes * HugePages.Bytes;
        var slab = (Slab*)NativeMemory.AlignedAlloc(checked((nuint)bytes), HugePages.Bytes);
        HugePages.Ask(slab, (nuint)bytes);
        *slab = new Slab { Bytes = bytes, Used = sizeof(Slab) };
        _slabs++;
        return slab;
    }

    /// <summary>What stands before the first matrix of a slab.</summary>
    [StructLayout(LayoutKind.Sequential, Size = Alignment)]
    internal struct Slab
    {
        public long Bytes;
        public long Used;
        public int Blocks;
    }
}
