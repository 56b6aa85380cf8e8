using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary><see cref="PanelWalk"/> for 4 rows: 12 accumulators, 3 registers of B, 1 of A fill 16 registers.</summary>
internal static unsafe class PanelTile4<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>4 rows by 3 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run3(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var o1 = walk.Offset1;
        var o2 = walk.Offset2;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c01 = zero, c02 = zero, c10 = zero, c11 = zero, c12 = zero, c20 = zero, c21 = zero;
        TVector c22 = zero, c30 = zero, c31 = zero, c32 = zero;
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
    }

    /// <summary>4 rows by 2 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run2(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var o1 = walk.Offset1;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
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
    }

    /// <summary>4 rows by 1 register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run1(in PanelWalk walk)
    {
        var s1 = walk.AStride;
        var s2 = 2 * s1;
        var s3 = 3 * s1;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c10 = zero, c20 = zero, c30 = zero;
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
    }
}
