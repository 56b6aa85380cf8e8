using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>What the norm kernels read and write of a row, element by element.</summary>
internal static class NormRow
{
    /// <summary>s = x + residual at (row, column), stored where the sum is asked for. Called once an element: the sum
    /// may take the place of x or of the residual.</summary>
    public static float LoadFirst(in NormArgs args, int row, int column)
    {
        var s = args.X[row, column];
        if (args.HasResidual != 0)
        {
            s += args.Residual[row, column];
        }

        if (args.HasSum != 0)
        {
            args.Sum[row, column] = s;
        }

        return s;
    }

    /// <summary>s at (row, column) again, after <see cref="LoadFirst"/>.</summary>
    public static float LoadAgain(in NormArgs args, int row, int column)
    {
        if (args.HasSum != 0)
        {
            return args.Sum[row, column];
        }

        var s = args.X[row, column];
        return args.HasResidual == 0 ? s : s + args.Residual[row, column];
    }

    /// <summary>Stores y from the normalized value.</summary>
    public static void Store(in NormArgs args, int row, int column, float normalized)
    {
        var y = normalized * (args.Weight[args.WeightOffset + column] + args.WeightShift);
        args.Y[row, column] = args.HasBias == 0 ? y : y + args.Bias[args.BiasOffset + column];
    }

    /// <summary>1/√(squares / width + eps).</summary>
    public static float InverseDeviation(in NormArgs args, float squares) =>
        1f / MathF.Sqrt(squares / args.Width + args.Epsilon);
}
