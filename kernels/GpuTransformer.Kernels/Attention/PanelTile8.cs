using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary><see cref="PanelWalk"/> for 8 rows: 24 accumulators, 3 registers of B, 1 of A, of 32 registers.</summary>
internal static unsafe class PanelTile8<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>8 rows by 3 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run3(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var s4 = 4 * s1;
        var s5 = 5 * s1;
        var s6 = 6 * s1;
        var s7 = 7 * s1;
        var o1 = walk.Offset1;
        var o2 = walk.Offset2;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c01 = zero, c02 = zero, c10 = zero, c11 = zero, c12 = zero, c20 = zero, c21 = zero;
        TVector c22 = zero, c30 = zero, c31 = zero, c32 = zero, c40 = zero, c41 = zero, c42 = zero, c50 = zero;
        TVector c51 = zero, c52 = zero, c60 = zero, c61 = zero, c62 = zero, c70 = zero, c71 = zero, c72 = zero;
        if (walk.Accumulate)
        {
            var c = walk.C;
            c00 = TSimd.Load(c);
            c01 = TSimd.Load(c + 1 * TSimd.Lanes);
            c02 = TSimd.Load(c + 2 * TSimd.Lanes);
            c += walk.CStride;
            c10 = TSimd.Load(c);
            c11 = TSimd.Load(c + 1 * TSimd.Lanes);
            c12 = TSimd.Load(c + 2 * TSimd.Lanes);
            c += walk.CStride;
            c20 = TSimd.Load(c);
            c21 = TSimd.Load(c + 1 * TSimd.Lanes);
            c22 = TSimd.Load(c + 2 * TSimd.Lanes);
            c += walk.CStride;
            c30 = TSimd.Load(c);
            c31 = TSimd.Load(c + 1 * TSimd.Lanes);
            c32 = TSimd.Load(c + 2 * TSimd.Lanes);
            c += walk.CStride;
            c40 = TSimd.Load(c);
            c41 = TSimd.Load(c + 1 * TSimd.Lanes);
            c42 = TSimd.Load(c + 2 * TSimd.Lanes);
            c += walk.CStride;
            c50 = TSimd.Load(c);
            c51 = TSimd.Load(c + 1 * TSimd.Lanes);
            c52 = TSimd.Load(c + 2 * TSimd.Lanes);
            c += walk.CStride;
            c60 = TSimd.Load(c);
            c61 = TSimd.Load(c + 1 * TSimd.Lanes);
            c62 = TSimd.Load(c + 2 * TSimd.Lanes);
            c += walk.CStride;
            c70 = TSimd.Load(c);
            c71 = TSimd.Load(c + 1 * TSimd.Lanes);
            c72 = TSimd.Load(c + 2 * TSimd.Lanes);
        }

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
                var x = TSimd.Create(*a);
                c00 = TSimd.MultiplyAdd(x, b0, c00);
                c01 = TSimd.MultiplyAdd(x, b1, c01);
                c02 = TSimd.MultiplyAdd(x, b2, c02);
                x = TSimd.Create(a[s1]);
                c10 = TSimd.MultiplyAdd(x, b0, c10);
                c11 = TSimd.MultiplyAdd(x, b1, c11);
                c12 = TSimd.MultiplyAdd(x, b2, c12);
                x = TSimd.Create(a[s2]);
                c20 = TSimd.MultiplyAdd(x, b0, c20);
                c21 = TSimd.MultiplyAdd(x, b1, c21);
                c22 = TSimd.MultiplyAdd(x, b2, c22);
                x = TSimd.Create(a[s3]);
                c30 = TSimd.MultiplyAdd(x, b0, c30);
                c31 = TSimd.MultiplyAdd(x, b1, c31);
                c32 = TSimd.MultiplyAdd(x, b2, c32);
                x = TSimd.Create(a[s4]);
                c40 = TSimd.MultiplyAdd(x, b0, c40);
                c41 = TSimd.MultiplyAdd(x, b1, c41);
                c42 = TSimd.MultiplyAdd(x, b2, c42);
                x = TSimd.Create(a[s5]);
                c50 = TSimd.MultiplyAdd(x, b0, c50);
                c51 = TSimd.MultiplyAdd(x, b1, c51);
                c52 = TSimd.MultiplyAdd(x, b2, c52);
                x = TSimd.Create(a[s6]);
                c60 = TSimd.MultiplyAdd(x, b0, c60);
                c61 = TSimd.MultiplyAdd(x, b1, c61);
                c62 = TSimd.MultiplyAdd(x, b2, c62);
                x = TSimd.Create(a[s7]);
                c70 = TSimd.MultiplyAdd(x, b0, c70);
                c71 = TSimd.MultiplyAdd(x, b1, c71);
                c72 = TSimd.MultiplyAdd(x, b2, c72);
                a++;
                b += step;
            }
        }

        var y = walk.C;
        TSimd.Store(c00, y);
        TSimd.Store(c01, y + 1 * TSimd.Lanes);
        TSimd.Store(c02, y + 2 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c10, y);
        TSimd.Store(c11, y + 1 * TSimd.Lanes);
        TSimd.Store(c12, y + 2 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c20, y);
        TSimd.Store(c21, y + 1 * TSimd.Lanes);
        TSimd.Store(c22, y + 2 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c30, y);
        TSimd.Store(c31, y + 1 * TSimd.Lanes);
        TSimd.Store(c32, y + 2 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c40, y);
        TSimd.Store(c41, y + 1 * TSimd.Lanes);
        TSimd.Store(c42, y + 2 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c50, y);
        TSimd.Store(c51, y + 1 * TSimd.Lanes);
        TSimd.Store(c52, y + 2 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c60, y);
        TSimd.Store(c61, y + 1 * TSimd.Lanes);
        TSimd.Store(c62, y + 2 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c70, y);
        TSimd.Store(c71, y + 1 * TSimd.Lanes);
        TSimd.Store(c72, y + 2 * TSimd.Lanes);
    }

    /// <summary>8 rows by 2 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run2(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var s4 = 4 * s1;
        var s5 = 5 * s1;
        var s6 = 6 * s1;
        var s7 = 7 * s1;
        var o1 = walk.Offset1;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
        TVector c40 = zero, c41 = zero, c50 = zero, c51 = zero, c60 = zero, c61 = zero, c70 = zero, c71 = zero;
        if (walk.Accumulate)
        {
            var c = walk.C;
            c00 = TSimd.Load(c);
            c01 = TSimd.Load(c + 1 * TSimd.Lanes);
            c += walk.CStride;
            c10 = TSimd.Load(c);
            c11 = TSimd.Load(c + 1 * TSimd.Lanes);
            c += walk.CStride;
            c20 = TSimd.Load(c);
            c21 = TSimd.Load(c + 1 * TSimd.Lanes);
            c += walk.CStride;
            c30 = TSimd.Load(c);
            c31 = TSimd.Load(c + 1 * TSimd.Lanes);
            c += walk.CStride;
            c40 = TSimd.Load(c);
            c41 = TSimd.Load(c + 1 * TSimd.Lanes);
            c += walk.CStride;
            c50 = TSimd.Load(c);
            c51 = TSimd.Load(c + 1 * TSimd.Lanes);
            c += walk.CStride;
            c60 = TSimd.Load(c);
            c61 = TSimd.Load(c + 1 * TSimd.Lanes);
            c += walk.CStride;
            c70 = TSimd.Load(c);
            c71 = TSimd.Load(c + 1 * TSimd.Lanes);
        }

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
                x = TSimd.Create(a[s6]);
                c60 = TSimd.MultiplyAdd(x, b0, c60);
                c61 = TSimd.MultiplyAdd(x, b1, c61);
                x = TSimd.Create(a[s7]);
                c70 = TSimd.MultiplyAdd(x, b0, c70);
                c71 = TSimd.MultiplyAdd(x, b1, c71);
                a++;
                b += step;
            }
        }

        var y = walk.C;
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
        y += walk.CStride;
        TSimd.Store(c60, y);
        TSimd.Store(c61, y + 1 * TSimd.Lanes);
        y += walk.CStride;
        TSimd.Store(c70, y);
        TSimd.Store(c71, y + 1 * TSimd.Lanes);
    }

    /// <summary>8 rows by 1 register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run1(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var s4 = 4 * s1;
        var s5 = 5 * s1;
        var s6 = 6 * s1;
        var s7 = 7 * s1;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c10 = zero, c20 = zero, c30 = zero, c40 = zero, c50 = zero, c60 = zero, c70 = zero;
        if (walk.Accumulate)
        {
            var c = walk.C;
            c00 = TSimd.Load(c);
            c += walk.CStride;
            c10 = TSimd.Load(c);
            c += walk.CStride;
            c20 = TSimd.Load(c);
            c += walk.CStride;
            c30 = TSimd.Load(c);
            c += walk.CStride;
            c40 = TSimd.Load(c);
            c += walk.CStride;
            c50 = TSimd.Load(c);
            c += walk.CStride;
            c60 = TSimd.Load(c);
            c += walk.CStride;
            c70 = TSimd.Load(c);
        }

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
                x = TSimd.Create(a[s6]);
                c60 = TSimd.MultiplyAdd(x, b0, c60);
                x = TSimd.Create(a[s7]);
                c70 = TSimd.MultiplyAdd(x, b0, c70);
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
        y += walk.CStride;
        TSimd.Store(c60, y);
        y += walk.CStride;
        TSimd.Store(c70, y);
    }
}
