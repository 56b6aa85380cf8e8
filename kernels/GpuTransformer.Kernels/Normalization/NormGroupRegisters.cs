using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>LayerNorm and RMSNorm, one group a row whose elements stay in registers, four a load: the row is read once.</summary>
internal static class NormGroupRegisters<TKind>
    where TKind : struct, INormKind
{
    /// <summary>Elements a thread holds: four loads of four.</summary>
    public const int ItemsPerThread = 16;

    /// <remarks>
    /// Computes: s = x + residual; y = (s - mean) / √(variance + eps) · (weight + shift) + bias; RMSNorm: mean = 0.
    /// Shapes: x, residual, sum, y (rows, width); weight, bias (width); width a multiple of 4, at most 16 · Group.DimX;
    /// every row starts at a multiple of 16 bytes.
    /// Group: one row; thread t holds the fours t, t + Group.DimX, t + 2 · Group.DimX, t + 3 · Group.DimX.
    /// Shared: the reductions' scratch. Barriers: 4 (LayerNorm), 2 (RMSNorm).
    /// Numerics: the mean first, then the squares of the differences; each thread sums what it holds in ascending order,
    /// then <see cref="GroupReduction"/>'s order.
    /// Edges: y may be x or the residual, and so may the sum.
    /// Cost: about 8 flops and 4 + 4 bytes an element (4 more each for the residual and the sum), 128 bits a load.
    /// </remarks>
    public static void Kernel(NormArgs args)
    {
        var row = Grid.IdxX;
        if (row >= args.Rows.Count)
        {
            return;
        }

        var scratch = SharedMemory.Allocate<float>(GroupReduction.ScratchLength);
        var fours = args.Width >> 2;
        var ia = Group.IdxX;
        var ib = ia + Group.DimX;
        var ic = ib + Group.DimX;
        var id = ic + Group.DimX;
        var a = Load(args, row, ia, fours);
        var b = Load(args, row, ib, fours);
        var c = Load(args, row, ic, fours);
        var d = Load(args, row, id, fours);
        if (TKind.SubtractsMean)
        {
            var sum = Sum(a) + Sum(b) + Sum(c) + Sum(d);
            var mean = GroupReduction.Sum(scratch, sum) / args.Width;
            a = Subtract(a, mean, ia < fours);
            b = Subtract(b, mean, ib < fours);
            c = Subtract(c, mean, ic < fours);
            d = Subtract(d, mean, id < fours);
        }

        var squares = Squares(a) + Squares(b) + Squares(c) + Squares(d);
        var inverse = NormRow.InverseDeviation(args, GroupReduction.Sum(scratch, squares));
        Store(args, row, ia, fours, a, inverse);
        Store(args, row, ib, fours, b, inverse);
        Store(args, row, ic, fours, c, inverse);
        Store(args, row, id, fours, d, inverse);
    }

    /// <summary>Four elements of s, stored where the sum is asked for; zeros past the row.</summary>
    private static Float4 Load(in NormArgs args, int row, int four, int fours)
    {
        if (four >= fours)
        {
            return default;
        }

        var s = args.X.Data.Cast<Float4>()[Index(args.X, row, four)];
        if (args.HasResidual != 0)
        {
            var residual = args.Residual.Data.Cast<Float4>()[Index(args.Residual, row, four)];
            s = new Float4(s.X + residual.X, s.Y + residual.Y, s.Z + residual.Z, s.W + residual.W);
        }

        if (args.HasSum != 0)
        {
            args.Sum.Data.Cast<Float4>()[Index(args.Sum, row, four)] = s;
        }

        return s;
    }

    private static void Store(in NormArgs args, int row, int four, int fours, Float4 value, float inverse)
    {
        if (four >= fours)
        {
            return;
        }

        var weight = args.Weight.Cast<Float4>()[(args.WeightOffset >> 2) + four];
        var y = new Float4(
            value.X * inverse * (weight.X + args.WeightShift),
            value.Y * inverse * (weight.Y + args.WeightShift),
            value.Z * inverse * (weight.Z + args.WeightShift),
            value.W * inverse * (weight.W + args.WeightShift));
        if (args.HasBias != 0)
        {
            var bias = args.Bias.Cast<Float4>()[(args.BiasOffset >> 2) + four];
            y = new Float4(y.X + bias.X, y.Y + bias.Y, y.Z + bias.Z, y.W + bias.W);
        }

        args.Y.Data.Cast<Float4>()[Index(args.Y, row, four)] = y;
    }

    /// <summary>Where four elements of a row are, in fours; nothing here is negative, so the shift divides.</summary>
    private static int Index(in RowView view, int row, int four) => ((view.Offset + row * view.Stride) >> 2) + four;

    private static float Sum(Float4 v) => v.X + v.Y + v.Z + v.W;

    private static float Squares(Float4 v) => v.X * v.X + v.Y * v.Y + v.Z * v.Z + v.W * v.W;

    private static Float4 Subtract(Float4 v, float mean, bool inside) =>
        inside ? new Float4(v.X - mean, v.Y - mean, v.Z - mean, v.W - mean) : v;
}
