using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Four rows of four accumulators, the register tile of a thread. Named fields, since ILGPU keeps arrays in
/// local memory; passed by reference to inlined methods, which leaves them in registers.</summary>
internal struct Float4x4
{
    public Float4 A;
    public Float4 B;
    public Float4 C;
    public Float4 D;

    /// <summary>acc += left · right, where left is four rows of four (A.X is row 0, k 0) and right four rows, one a k.
    /// Each accumulator takes its four products with k ascending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAdd(ref Float4x4 acc, in Float4x4 left, in Float4x4 right)
    {
        Row(ref acc.A, left.A, right);
        Row(ref acc.B, left.B, right);
        Row(ref acc.C, left.C, right);
        Row(ref acc.D, left.D, right);
    }

    /// <summary>Four rows of a matrix in shared memory, at the same column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4x4 Load(ArrayView<Float4> view, int start, int stride)
    {
        // One base and constant distances: the loads carry them as immediates.
        var rows = view.SubView(start, 3 * stride + 1);
        Float4x4 tile;
        tile.A = rows[0];
        tile.B = rows[stride];
        tile.C = rows[2 * stride];
        tile.D = rows[3 * stride];
        return tile;
    }

    /// <summary>Stores four rows of a matrix in shared memory, at the same column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(ArrayView<Float4> view, int start, int stride)
    {
        var rows = view.SubView(start, 3 * stride + 1);
        rows[0] = A;
        rows[stride] = B;
        rows[2 * stride] = C;
        rows[3 * stride] = D;
    }

    /// <summary>total = total · keep + tile · take, with a pair of factors for each row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Merge(ref Float4x4 total, in Float4x4 tile, Float4 keep, Float4 take)
    {
        MergeRow(ref total.A, tile.A, keep.X, take.X);
        MergeRow(ref total.B, tile.B, keep.Y, take.Y);
        MergeRow(ref total.C, tile.C, keep.Z, take.Z);
        MergeRow(ref total.D, tile.D, keep.W, take.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(ref Float4 acc, Float4 left, in Float4x4 right)
    {
        acc.X += left.X * right.A.X;
        acc.Y += left.X * right.A.Y;
        acc.Z += left.X * right.A.Z;
        acc.W += left.X * right.A.W;
        acc.X += left.Y * right.B.X;
        acc.Y += left.Y * right.B.Y;
        acc.Z += left.Y * right.B.Z;
        acc.W += left.Y * right.B.W;
        acc.X += left.Z * right.C.X;
        acc.Y += left.Z * right.C.Y;
        acc.Z += left.Z * right.C.Z;
        acc.W += left.Z * right.C.W;
        acc.X += left.W * right.D.X;
        acc.Y += left.W * right.D.Y;
        acc.Z += left.W * right.D.Z;
        acc.W += left.W * right.D.W;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MergeRow(ref Float4 total, Float4 tile, float keep, float take)
    {
        total.X = total.X * keep + tile.X * take;
        total.Y = total.Y * keep + tile.Y * take;
        total.Z = total.Z * keep + tile.Z * take;
        total.W = total.W * keep + tile.W * take;
    }
}
