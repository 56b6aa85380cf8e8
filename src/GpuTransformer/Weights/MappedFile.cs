using System.IO.MemoryMappedFiles;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>A file mapped into memory for reading. Its length was measured before it was mapped, and nothing is handed
/// out that is not within that length.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
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

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
        }
    }
}
