using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary><see cref="PanelWalk"/> for a single row, where reading B is the cost.</summary>
internal static unsafe class PanelTile1<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>1 row by 4 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run4(in PanelWalk walk)
    {
        var o1 = walk.Offset1;
        var o2 = walk.Offset2;
        var o3 = walk.Offset3;
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero, c01 = zero, c02 = zero, c03 = zero;
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
                a++;
                b += step;
            }
        }

        var y = walk.C;
        TSimd.Store(c00, y);
        TSimd.Store(c01, y + 1 * TSimd.Lanes);
        TSimd.Store(c02, y + 2 * TSimd.Lanes);
        TSimd.Store(c03, y + 3 * TSimd.Lanes);
    }

    /// <summary>1 row by 1 register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run1(in PanelWalk walk)
    {
        var step = walk.Step;
        var column = walk.Column;
        var zero = TSimd.Create(0f);
        TVector c00 = zero;
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
                a++;
                b += step;
            }
        }

        var y = walk.C;
        TSimd.Store(c00, y);
    }
}
