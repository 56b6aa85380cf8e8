using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>The registers of a thread: scores of a tile, or output. With 8 rows: A and B the first four rows, C and D the
/// four below, by two fours of columns. With 4 rows: A, B, C and D are four fours of columns.</summary>
internal struct AttentionRegisters
{
    public Float4x4 A;
    public Float4x4 B;
    public Float4x4 C;
    public Float4x4 D;

    /// <summary>acc += rows · columns: one product for each of 4 rows by 4 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Outer(ref Float4x4 acc, Float4 rows, Float4 columns)
    {
        acc.A.X += rows.X * columns.X;
        acc.A.Y += rows.X * columns.Y;
        acc.A.Z += rows.X * columns.Z;
        acc.A.W += rows.X * columns.W;
        acc.B.X += rows.Y * columns.X;
        acc.B.Y += rows.Y * columns.Y;
        acc.B.Z += rows.Y * columns.Z;
        acc.B.W += rows.Y * columns.W;
        acc.C.X += rows.Z * columns.X;
        acc.C.Y += rows.Z * columns.Y;
        acc.C.Z += rows.Z * columns.Z;
        acc.C.W += rows.Z * columns.W;
        acc.D.X += rows.W * columns.X;
        acc.D.Y += rows.W * columns.Y;
        acc.D.Z += rows.W * columns.Z;
        acc.D.W += rows.W * columns.W;
    }
}
