namespace GpuTransformer.Kernels;

/// <summary><see cref="RowView"/> as the CPU tiles see it: an address and a stride in elements.</summary>
internal unsafe struct RowPointer
{
    public float* Data;
    public int Stride;

    public RowPointer(float* data, int stride)
    {
        Data = data;
        Stride = stride;
    }

    public readonly bool IsNull => Data == null;

    public readonly float* Row(int row) => Data + (long)row * Stride;
}

/// <summary><see cref="ActiveRows"/> as the CPU tiles see it: read when the tile runs, so a shorter input costs less.</summary>
internal unsafe struct RowCountPointer
{
    public int* State;
    public int Capacity;

    /// <summary>Never beyond the capacity that the views were checked for.</summary>
    public readonly int Count => State == null ? Capacity : Math.Clamp(*State, 0, Capacity);
}
