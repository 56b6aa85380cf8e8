using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Execution;

namespace ILGPU.Runtime.CPU;

/// <summary>Native memory, aligned as the allocator aligns it (16 bytes), its content poisoned.</summary>
public abstract class CPUMemoryBuffer : MemoryBuffer
{
    private protected CPUMemoryBuffer(Accelerator accelerator, long length, int elementSize)
        : base(accelerator, length, elementSize)
    { }

    public static CPUMemoryBuffer Create(Accelerator accelerator, long length, int elementSize) =>
        new NativeMemoryBuffer(accelerator, length, elementSize);

    protected internal override void MemSet(
        AcceleratorStream stream,
        byte value,
        in ArrayView<byte> targetView)
    {
        if (Accelerator.Late is { } late)
            AddFill(late, stream, value, targetView);
        else
            Fill(targetView, value);
    }

    protected internal override void CopyTo(
        AcceleratorStream stream,
        in ArrayView<byte> sourceView,
        in ArrayView<byte> targetView)
    {
        if (targetView.Length > sourceView.Length)
            throw new ArgumentOutOfRangeException(nameof(targetView));
        Copy(stream, sourceView, targetView, targetView.Length);
    }

    protected internal override void CopyFrom(
        AcceleratorStream stream,
        in ArrayView<byte> sourceView,
        in ArrayView<byte> targetView)
    {
        if (sourceView.Length > targetView.Length)
            throw new ArgumentOutOfRangeException(nameof(sourceView));
        Copy(stream, sourceView, targetView, sourceView.Length);
    }

    private void Copy(AcceleratorStream stream, in ArrayView<byte> source, in ArrayView<byte> target, long length)
    {
        if (Accelerator.Late is { } late)
            AddCopy(late, stream, source, target, length);
        else
            Copy(source, target, length);
    }

    // Apart: a closure is made at the beginning of the method that has it.
    private static void AddFill(LateStreams late, AcceleratorStream stream, byte value, ArrayView<byte> target) =>
        late.Add(stream, () => Fill(target, value));

    private static void AddCopy(
        LateStreams late,
        AcceleratorStream stream,
        ArrayView<byte> source,
        ArrayView<byte> target,
        long length) => late.Add(stream, () => Copy(source, target, length));

    private static unsafe void Fill(in ArrayView<byte> target, byte value)
    {
        if (target.Length > 0)
            NativeMemory.Fill(Unsafe.AsPointer(ref target.AddressOf(0)), (nuint)target.Length, value);
    }

    private static unsafe void Copy(in ArrayView<byte> source, in ArrayView<byte> target, long length)
    {
        if (length > 0)
        {
            Buffer.MemoryCopy(
                Unsafe.AsPointer(ref source.AddressOf(0)),
                Unsafe.AsPointer(ref target.AddressOf(0)),
                length,
                length);
        }
    }
}

/// <summary>A block of the process heap.</summary>
internal sealed class NativeMemoryBuffer : CPUMemoryBuffer
{
    // Fresh pages read as zero, which hides a read before a write; larger blocks are left alone for speed.
    private const long PoisonedBytes = 16 << 20;

    internal unsafe NativeMemoryBuffer(Accelerator accelerator, long length, int elementSize)
        : base(accelerator, length, elementSize)
    {
        NativePtr = Marshal.AllocHGlobal((nint)LengthInBytes);
        NativeMemory.Fill((void*)NativePtr, (nuint)Math.Min(LengthInBytes, PoisonedBytes), 0xFF);
    }

    protected override void DisposeAcceleratorObject(bool disposing)
    {
        if (disposing)
            Accelerator.Late?.Run();
        Marshal.FreeHGlobal(NativePtr);
        NativePtr = 0;
    }
}

/// <summary>Memory that belongs to someone else, for the length of a copy.</summary>
internal sealed class BorrowedMemoryBuffer : CPUMemoryBuffer
{
    internal unsafe BorrowedMemoryBuffer(Accelerator accelerator, void* memory, long length, int elementSize)
        : base(accelerator, length, elementSize)
    {
        NativePtr = (nint)memory;
    }

    protected override void DisposeAcceleratorObject(bool disposing)
    { }
}
