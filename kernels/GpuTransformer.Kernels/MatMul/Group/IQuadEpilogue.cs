using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>An epilogue over four adjacent columns; the same bits as column by column.</summary>
internal interface IQuadEpilogue<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    static abstract Float4 Apply(TEpilogue epilogue, Float4 sums, int row, int column);
}

/// <summary>Any epilogue, one column after the other.</summary>
internal struct ColumnEpilogue<TEpilogue> : IQuadEpilogue<TEpilogue>
    where TEpilogue : struct, IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Apply(TEpilogue epilogue, Float4 sums, int row, int column)
    {
        // Rolled: a user's epilogue may be long.
        for (var i = 0; i < 4; i++)
        {
            var value = epilogue.Apply(sums.X, row, column + i);
            sums.X = sums.Y;
            sums.Y = sums.Z;
            sums.Z = sums.W;
            sums.W = value;
        }

        return sums;
    }
}

/// <summary>The standard epilogue with each switch asked once for four columns.</summary>
internal struct StandardQuadEpilogue : IQuadEpilogue<StandardEpilogue>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Apply(StandardEpilogue epilogue, Float4 sums, int row, int column)
    {
        sums.X *= epilogue.Scale;
        sums.Y *= epilogue.Scale;
        sums.Z *= epilogue.Scale;
        sums.W *= epilogue.Scale;
        if (epilogue.HasBias != 0)
        {
            Float4.Add(ref sums, ScalarAccess.Load(epilogue.Bias, epilogue.BiasOffset + column, 1));
        }

        if (epilogue.Activation != (int)ActivationKind.None)
        {
            // Rolled: one copy of the activations in the code.
            for (var i = 0; i < 4; i++)
            {
                var value = Activations.Apply(sums.X, epilogue.Activation);
                sums.X = sums.Y;
                sums.Y = sums.Z;
                sums.Z = sums.W;
                sums.W = value;
            }
        }

        if (epilogue.HasGate != 0)
        {
            var gate = Load(epilogue.Gate, row, column);
            sums.X *= gate.X;
            sums.Y *= gate.Y;
            sums.Z *= gate.Z;
            sums.W *= gate.W;
        }

        if (epilogue.HasResidual != 0)
        {
            Float4.Add(ref sums, Load(epilogue.Residual, row, column));
        }

        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Load(RowView view, int row, int column) =>
        ScalarAccess.Load(view.Data, view.Offset + row * view.Stride + column, 1);
}
