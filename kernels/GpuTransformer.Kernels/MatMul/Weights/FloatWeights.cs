using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Float32, any start and step.</summary>
internal struct ScalarWeight : IMatMulWeight
{
    public static WeightEncoding Encoding => WeightEncoding.F32;

    public static bool NeedsAlignment => false;

    public static bool IsPadded => false;

    public static int Start(int row, int quad, int step) => row + (quad << 2) * step;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(ArrayView<float> data, int start, int k, int quad, int step) =>
        ScalarAccess.Load(data, start + k * step, step);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Element(ArrayView<float> data, int row, int k, int step) => data[row + k * step];

    public static int QuadsOfCell => 1;

    public static bool HasScales => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 Cell(ArrayView<float> data, int row, int k, int lengthK, int step)
    {
        Float4 quad;
        quad.X = data[row + Math.Min(k, lengthK - 1) * step];
        quad.Y = data[row + Math.Min(k + 1, lengthK - 1) * step];
        quad.Z = data[row + Math.Min(k + 2, lengthK - 1) * step];
        quad.W = data[row + Math.Min(k + 3, lengthK - 1) * step];
        return FloatCell.Of(quad);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 LastCell(Words4 cell, int count) => FloatCell.First(cell, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Widen(Words4 cell, int quad, float scale) => FloatCell.Quad(cell);
}

/// <summary>Float32 in rows that start at multiples of 16 bytes.</summary>
internal struct VectorWeight : IMatMulWeight
{
    public static WeightEncoding Encoding => WeightEncoding.F32;

    public static bool NeedsAlignment => true;

    public static bool IsPadded => false;

    public static int Start(int row, int quad, int step) => row + (quad << 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(ArrayView<float> data, int start, int k, int quad, int step) =>
        data.Cast<Float4>()[(start + k) >> 2];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Element(ArrayView<float> data, int row, int k, int step) => data[row + k];

    public static int QuadsOfCell => 1;

    public static bool HasScales => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 Cell(ArrayView<float> data, int row, int k, int lengthK, int step) =>
        data.Cast<Words4>()[(row + Math.Min(k, (lengthK - 1) & -4)) >> 2];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 LastCell(Words4 cell, int count) => FloatCell.First(cell, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Widen(Words4 cell, int quad, float scale) => FloatCell.Quad(cell);
}

/// <summary>Four float32 as 128 bits.</summary>
internal static class FloatCell
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 Of(Float4 quad)
    {
        Words4 cell;
        cell.X = (int)Interop.FloatAsInt(quad.X);
        cell.Y = (int)Interop.FloatAsInt(quad.Y);
        cell.Z = (int)Interop.FloatAsInt(quad.Z);
        cell.W = (int)Interop.FloatAsInt(quad.W);
        return cell;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(Words4 cell)
    {
        Float4 quad;
        quad.X = Interop.IntAsFloat((uint)cell.X);
        quad.Y = Interop.IntAsFloat((uint)cell.Y);
        quad.Z = Interop.IntAsFloat((uint)cell.Z);
        quad.W = Interop.IntAsFloat((uint)cell.W);
        return quad;
    }

    /// <summary>The first <paramref name="count"/> elements, zeros after them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 EdgeQuad(ArrayView<float> data, int start, int count, int step)
    {
        Float4 quad;
        quad.X = count > 0 ? data[start] : 0f;
        quad.Y = count > 1 ? data[start + step] : 0f;
        quad.Z = count > 2 ? data[start + step + step] : 0f;
        quad.W = count > 3 ? data[start + step + step + step] : 0f;
        return quad;
    }

    /// <summary>The first <paramref name="count"/> of four, zeros after them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words4 First(Words4 cell, int count)
    {
        cell.X = count > 0 ? cell.X : 0;
        cell.Y = count > 1 ? cell.Y : 0;
        cell.Z = count > 2 ? cell.Z : 0;
        cell.W = count > 3 ? cell.W : 0;
        return cell;
    }
}
