namespace GpuTransformer.Kernels;

/// <summary>Four float32 side by side: one 128-bit load or store where a view is cast to it. Copy an element to a local
/// before use; a by-reference use of a view's element loads the four one by one.</summary>
internal struct Float4
{
    public float X;
    public float Y;
    public float Z;
    public float W;

    public Float4(float x, float y, float z, float w)
    {
        X = x;
        Y = y;
        Z = z;
        W = w;
    }
}
