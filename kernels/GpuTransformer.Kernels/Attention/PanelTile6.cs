using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary><see cref="PanelWalk"/> for 6 rows: 24 accumulators, 4 registers of B, 1 of A, of 32 registers.</summary>
internal static unsafe class PanelTile6<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>6 rows by 4 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run4(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var s4 = 4 * s1;
        var s5 = 5 * s1;
        var o1 = walk.Offset1;
        var o2 = walk.Offset2;
        var o3 = walk.Offset3;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c01 = zero, c02 = zero, c03 = zero, c10 = zero, c11 = zero, c12 = zero, c13 = zero;
        TVector c20 = zero, c21 = zero, c22 = zero, c23 = zero, c30 = zero, c31 = zero, c32 = zero, c33 = zero;
        TVector c40 = zero, c41 = zero, c42 = zero, c43 = zero, c50 = zero, c51 = zero, c52 = zero, c53 = zero;
        var a = walk.A;
        var segments = walk.Segments;
        var first = walk.First;
        for (var left = walk.Count; left > 0;)
        {
            var b = *segments++ + column + first * step;
            var n = Math.Min(walk.SegmentLength - first, left);
            left -= n;
            first = 0;
            for (; n > 0; n--)
            {
                var b0 = TSimd.Load(b);
                var b1 = TSimd.Load(b + o1);
                var b2 = TSimd.Load(b + o2);
                var b3 = TSimd.Load(b + o3);
                var x = TSimd.Create(*a);
                c00 = TSimd.MultiplyAdd(x, b0, c00);
                c01 = TSimd.MultiplyAdd(x, b1, c01);
                c02 = TSimd.MultiplyAdd(x, b2, c02);
                c03 = TSimd.MultiplyAdd(x, b3, c03);
                x = TSimd.Create(a[s1]);
                c10 = TSimd.MultiplyAdd(x, b0, c10);
                c11 = TSimd.MultiplyAdd(x, b1, c11);
                c12 = TSimd.MultiplyAdd(x, b2, c12);
                c13 = TSimd.MultiplyAdd(x, b3, c13);
                x = TSimd.Create(a[s2]);
                c20 = TSimd.MultiplyAdd(x, b0, c20);
                c21 = TSimd.MultiplyAdd(x, b1, c21);
                c22 = TSimd.MultiplyAdd(x, b2, c22);
                c23 = TSimd.MultiplyAdd(x, b3, c23);
                x = TSimd.Create(a[s3]);
                c30 = TSimd.MultiplyAdd(x, b0, c30);
                c31 = TSimd.MultiplyAdd(x, b1, c31);
                c32 = TSimd.MultiplyAdd(x, b2, c32);
                c33 = TSimd.MultiplyAdd(x, b3, c33);
                x = TSimd.Create(a[s4]);
                c40 = TSimd.MultiplyAdd(x, b0, c40);
                c41 = TSimd.MultiplyAdd(x, b1, c41);
                c42 = TSimd.MultiplyAdd(x, b2, c42);
                c43 = TSimd.MultiplyAdd(x, b3, c43);
                x = TSimd.Create(a[s5]);
                c50 = TSimd.MultiplyAdd(x, b0, c50);
                c51 = TSimd.MultiplyAdd(x, b1, c51);
                c52 = TSimd.MultiplyAdd(x, b2, c52);
                c53 = TSimd.MultiplyAdd(x, b3, c53);
                a++;
                b += step;
            }
        }

        var y = walk.C;
        TSimd.Store(c00, y);
        TSimd.Store(c01, y + 1 * TSimd.Lanes);
        TSimd.Store(c02, y + 2 * TSimd.Lanes);
        TSimd.Store(c03, y + 3 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c10, y);
        TSimd.Store(c11, y + 1 * TSimd.Lanes);
        TSimd.Store(c12, y + 2 * TSimd.Lanes);
        TSimd.Store(c13, y + 3 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c20, y);
        TSimd.Store(c21, y + 1 * TSimd.Lanes);
        TSimd.Store(c22, y + 2 * TSimd.Lanes);
        TSimd.Store(c23, y + 3 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c30, y);
        TSimd.Store(c31, y + 1 * TSimd.Lanes);
        TSimd.Store(c32, y + 2 * TSimd.Lanes);
        TSimd.Store(c33, y + 3 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c40, y);
        TSimd.Store(c41, y + 1 * TSimd.Lanes);
        TSimd.Store(c42, y + 2 * TSimd.Lanes);
        TSimd.Store(c43, y + 3 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c50, y);
        TSimd.Store(c51, y + 1 * TSimd.Lanes);
        TSimd.Store(c52, y + 2 * TSimd.Lanes);
        TSimd.Store(c53, y + 3 * TSimd.Lanes);
    }

    /// <summary>6 rows by 2 registers, for all tiles of columns: between short tiles a call of its own for each would cost a
    /// twentieth of the time. With two registers of B and one of A, 16 registers are full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run2(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var s4 = 4 * s1;
        var s5 = 5 * s1;
        var o1 = walk.Offset1;
        var step = walk.Step;
        var zero = TSimd.Create(0f);
        for (var tile = 0; tile < walk.Tiles; tile++)
        {
            TVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
            TVector c40 = zero, c41 = zero, c50 = zero, c51 = zero;
            var a = walk.A;
            var segments = walk.Segments + tile * walk.SegmentStep;
            var column = walk.Column + tile * walk.ColumnStep;
            var first = walk.First;
            for (var left = walk.Count; left > 0;)
            {
                var b = *segments++ + column + first * step;
                var n = Math.Min(walk.SegmentLength - first, left);
                left -= n;
                first = 0;
                for (; n > 0; n--)
                {
                    var b0 = TSimd.Load(b);
                    var b1 = TSimd.Load(b + o1);
                    var x = TSimd.Create(*a);
                    c00 = TSimd.MultiplyAdd(x, b0, c00);
                    c01 = TSimd.MultiplyAdd(x, b1, c01);
                    x = TSimd.Create(a[s1]);
                    c10 = TSimd.MultiplyAdd(x, b0, c10);
                    c11 = TSimd.MultiplyAdd(x, b1, c11);
                    x = TSimd.Create(a[s2]);
                    c20 = TSimd.MultiplyAdd(x, b0, c20);
                    c21 = TSimd.MultiplyAdd(x, b1, c21);
                    x = TSimd.Create(a[s3]);
                    c30 = TSimd.MultiplyAdd(x, b0, c30);
                    c31 = TSimd.MultiplyAdd(x, b1, c31);
                    x = TSimd.Create(a[s4]);
                    c40 = TSimd.MultiplyAdd(x, b0, c40);
                    c41 = TSimd.MultiplyAdd(x, b1, c41);
                    x = TSimd.Create(a[s5]);
                    c50 = TSimd.MultiplyAdd(x, b0, c50);
                    c51 = TSimd.MultiplyAdd(x, b1, c51);
                    a++;
                    b += step;
                }
            }

            var y = walk.C + tile * 2 * TSimd.Lanes;
            TSimd.Store(c00, y);
            TSimd.Store(c01, y + 1 * TSimd.Lanes);
            y += walk.CStride;
            TSimd.Store(c10, y);
            TSimd.Store(c11, y + 1 * TSimd.Lanes);
            y += walk.CStride;
            TSimd.Store(c20, y);
            TSimd.Store(c21, y + 1 * TSimd.Lanes);
            y += walk.CStride;
            TSimd.Store(c30, y);
            TSimd.Store(c31, y + 1 * TSimd.Lanes);
            y += walk.CStride;
            TSimd.Store(c40, y);
            TSimd.Store(c41, y + 1 * TSimd.Lanes);
            y += walk.CStride;
            TSimd.Store(c50, y);
            TSimd.Store(c51, y + 1 * TSimd.Lanes);
        }
    }

    /// <summary>6 rows by 1 register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run1(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var s4 = 4 * s1;
        var s5 = 5 * s1;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c10 = zero, c20 = zero, c30 = zero, c40 = zero, c50 = zero;
        var a = walk.A;
        var segments = walk.Segments;
        var first = walk.First;
        for (var left = walk.Count; left > 0;)
        {
            var b = *segments++ + column + first * step;
            var n = Math.Min(walk.SegmentLength - first, left);
            left -= n;
            first = 0;
            for (; n > 0; n--)
            {
                var b0 = TSimd.Load(b);
                var x = TSimd.Create(*a);
                c00 = TSimd.MultiplyAdd(x, b0, c00);
                x = TSimd.Create(a[s1]);
                c10 = TSimd.MultiplyAdd(x, b0, c10);
                x = TSimd.Create(a[s2]);
                c20 = TSimd.MultiplyAdd(x, b0, c20);
                x = TSimd.Create(a[s3]);
                c30 = TSimd.MultiplyAdd(x, b0, c30);
                x = TSimd.Create(a[s4]);
                c40 = TSimd.MultiplyAdd(x, b0, c40);
                x = TSimd.Create(a[s5]);
                c50 = TSimd.MultiplyAdd(x, b0, c50);
                a++;
                b += step;
            }
        }

        var y = walk.C;
        TSimd.Store(c00, y);
        y += walk.CStride;
        TSimd.Store(c10, y);
        y += walk.CStride;
        TSimd.Store(c20, y);
        y += walk.CStride;
        TSimd.Store(c30, y);
        y += walk.CStride;
        TSimd.Store(c40, y);
        y += walk.CStride;
        TSimd.Store(c50, y);
    }
}
