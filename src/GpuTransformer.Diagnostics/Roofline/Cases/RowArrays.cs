using GpuTransformer.Graph;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What operations on rows read and what they write: two blocks of one size, shared by all cases of a section,
/// since blocks that no cache holds are large.</summary>
internal sealed class RowArrays : IDisposable
{
    private const float Magnitude = 3f;
    private const int ChunkFloats = 1 << 22;

    public RowArrays(BenchDevice device, long floats)
    {
        X = device.Empty(floats, "x");
        Y = device.Empty(floats, "y");
        var chunk = new float[(int)Math.Min(floats, ChunkFloats)];
        RandomValues.Fill("x", 0, Magnitude, chunk);
        for (var first = 0L; first < floats; first += chunk.Length)
        {
            X.Write(device.Stream, (int)first, chunk.AsSpan(0, (int)Math.Min(chunk.Length, floats - first)));
        }
    }

    /// <summary>Random numbers in [-3, 3].</summary>
    public DeviceMemory<float> X { get; }

    public DeviceMemory<float> Y { get; }

    public void Dispose()
    {
        X.Dispose();
        Y.Dispose();
    }
}
