using System.IO.MemoryMappedFiles;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>A file mapped into memory for reading. Its length was measured before it was mapped, and nothing is handed
/// out that is not within that length. It stays mapped while something holds it, in memory that all processes share which
/// map the same file.</summary>
/// <remarks>Replace a model's file by renaming another one over it, never by writing into it: a file that shrinks while
/// it is mapped makes Linux end the process (SIGBUS) when a page is read that is no more; no exception can be thrown.
/// Windows refuses to shrink it.</remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private int _holders = 1;
    private bool _disposed;

    private MappedFile(string path, FileStream stream, long shortest, string kind)
    {
        Path = path;
        Length = stream.Length;
        if (Length < shortest)
        {
            throw new InputException($"{path}: the file has {Length} bytes, a {kind} file has at least {shortest}");
        }
        _mapping = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _mapping.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>The first byte.</summary>
    public byte* Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _start;
        }
    }

    /// <summary>Maps a file of at least <paramref name="shortest"/> bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shortest">Fewer bytes are an error; at least 1.</param>
    /// <param name="kind">What such a file is called in errors.</param>
    public static MappedFile Open(string path, long shortest, string kind)
    {
        FileStream stream = BoundedFile.Open(path, long.MaxValue);
        try
        {
            return new MappedFile(path, stream, shortest, kind);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be mapped: {error.Message}", error);
        }
        finally
        {
            // The mapping holds its own handle to the memory; a second Dispose of the stream does nothing.
            stream.Dispose();
        }
    }

    /// <summary>A range of the file that was checked before.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count) =>
        offset >= 0 && count >= 0 && offset <= Length && count <= Length - offset
            ? new ReadOnlySpan<byte>(Start + offset, count)
            : throw new InputException($"{Path}: bytes {offset} and {count} more were asked for, the file has {Length}");

    /// <summary>A range that stays mapped until it is disposed, also after this is.</summary>
    public MappedRange Hold(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (offset < 0 || length < 0 || offset > Length || length > Length - offset)
        {
            throw new InputException($"{Path}: bytes {offset} and {length} more were asked for, the file has {Length}");
        }
        Interlocked.Increment(ref _holders);
        return new MappedRange(this, _start + offset, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Release();
        }
    }

    /// <summary>One holder less; the last one unmaps the file.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
        }
    }
}
