namespace GpuTransformer.Weights;

/// <summary>Bytes of a mapped file, good until this is disposed.</summary>
internal sealed unsafe class MappedRange(MappedFile file, byte* start, long length) : IDisposable
{
    private MappedFile? _file = file;

    /// <summary>The first byte; at any address.</summary>
    public byte* Start => _file is null ? throw new ObjectDisposedException(nameof(MappedRange)) : start;

    /// <summary>How many bytes there are.</summary>
    public long Length => length;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _file, null)?.Release();
}
