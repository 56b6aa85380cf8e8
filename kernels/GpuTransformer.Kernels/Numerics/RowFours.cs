namespace GpuTransformer.Kernels;

/// <summary>What a lane keeps of a row: eight fours in registers. Named fields, since ILGPU keeps arrays in local
/// memory.</summary>
internal struct RowFours
{
    public Float4 A;
    public Float4 B;
    public Float4 C;
    public Float4 D;
    public Float4 E;
    public Float4 F;
    public Float4 G;
    public Float4 H;
}
