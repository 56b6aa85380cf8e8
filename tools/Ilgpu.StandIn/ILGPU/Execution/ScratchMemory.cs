using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Runtime.CPU;

namespace ILGPU.Execution;

/// <summary>A block for shared or local memory, used again by later groups.</summary>
internal sealed class ScratchBuffer : CPUMemoryBuffer
{
    /// <summary>NaN as a half, a float and a double.</summary>
    private const ushort Poison = 0xFFFE;

    internal ScratchBuffer(long bytes)
        : base(null!, bytes, 1)
    {
        NativePtr = Marshal.AllocHGlobal((nint)bytes);
    }

    /// <summary>A view whose words are NaN to every reader that comes before a writer; no number that a kernel writes.</summary>
    internal unsafe ArrayView<T> Poisoned<T>(int extent)
        where T : unmanaged
    {
        new Span<ushort>((void*)NativePtr, ((extent * Unsafe.SizeOf<T>()) + 1) / 2).Fill(Poison);
        return new(this, 0, extent);
    }

    protected override void DisposeAcceleratorObject(bool disposing)
    {
        Marshal.FreeHGlobal(NativePtr);
        NativePtr = 0;
    }
}

/// <summary>Blocks that one group after the other takes and gives back.</summary>
internal sealed class ScratchPool
{
    private readonly List<ScratchBuffer> free = [];
    private readonly List<ScratchBuffer> taken = [];

    internal bool IsUsed => taken.Count > 0;

    internal ScratchBuffer Take(long bytes)
    {
        for (int i = free.Count - 1; i >= 0; i--)
        {
            var candidate = free[i];
            if (candidate.Length < bytes)
                continue;
            free.RemoveAt(i);
            taken.Add(candidate);
            return candidate;
        }
        var made = new ScratchBuffer(Math.Max((bytes + 15) & ~15L, 256));
        taken.Add(made);
        return made;
    }

    internal void GiveBackAll()
    {
        free.AddRange(taken);
        taken.Clear();
    }
}

/// <summary>The shared memory of one group: the n-th allocation of every lane is the same block.</summary>
internal sealed class SharedBlocks(ScratchPool pool)
{
    private readonly List<(ScratchBuffer Buffer, int Extent, int ElementSize)> blocks = [];
    private int[] nextBlock = [];
    private bool[] hasDynamic = [];
    private ScratchBuffer? dynamicBlock;
    private SharedMemoryConfig dynamicConfig;
    private long bytes;
    private int limit;

    internal void Begin(KernelTask task, int groupSize)
    {
        if (nextBlock.Length < groupSize)
        {
            nextBlock = new int[groupSize];
            hasDynamic = new bool[groupSize];
        }
        Array.Clear(nextBlock, 0, groupSize);
        Array.Clear(hasDynamic, 0, groupSize);
        blocks.Clear();
        dynamicBlock = null;
        dynamicConfig = task.Dynamic;
        bytes = task.Dynamic.ArraySize;
        limit = task.MaxSharedMemory;
    }

    internal ArrayView<T> Allocate<T>(int lane, int extent)
        where T : unmanaged
    {
        int index = nextBlock[lane]++;
        int size = Unsafe.SizeOf<T>();
        if (index == blocks.Count)
        {
            bytes += (long)extent * size;
            if (extent < 0 || bytes > limit)
                KernelFault.Fail($"{bytes} bytes of shared memory do not fit the group's {limit}.");
            var buffer = pool.Take((long)extent * size);
            blocks.Add((buffer, extent, size));
            return buffer.Poisoned<T>(extent);
        }
        var block = blocks[index];
        if (block.Extent != extent || block.ElementSize != size)
        {
            KernelFault.Fail(
                $"Shared block {index} is {block.Extent} x {block.ElementSize} bytes to one lane and " +
                $"{extent} x {size} to another.");
        }
        return new(block.Buffer, 0, extent);
    }

    internal ArrayView<T> Dynamic<T>(int lane)
        where T : unmanaged
    {
        // The package's CPU accelerator gives every call a block of its own, its GPUs one block to all calls.
        if (hasDynamic[lane])
            KernelFault.Fail("SharedMemory.GetDynamic was called twice: call it once and cast the view.");
        hasDynamic[lane] = true;
        // The CPU accelerator counts elements, a GPU bytes: what fits both is the smaller.
        int extent = Math.Min(dynamicConfig.NumElements, dynamicConfig.ArraySize / Unsafe.SizeOf<T>());
        if (dynamicBlock != null)
            return new(dynamicBlock, 0, extent);
        dynamicBlock = pool.Take(dynamicConfig.ArraySize);
        dynamicBlock.Poisoned<byte>(dynamicConfig.ArraySize);
        return new(dynamicBlock, 0, extent);
    }

    /// <summary>After a barrier every lane counts its allocations from the same number, as in the package.</summary>
    internal void Align(int groupSize)
    {
        if (blocks.Count > 0)
            nextBlock.AsSpan(0, groupSize).Fill(nextBlock.AsSpan(0, groupSize).ToArray().Max());
    }
}
