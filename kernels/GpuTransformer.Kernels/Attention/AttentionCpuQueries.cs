using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>The query rows of a panel tile of attention: asked for ahead, and brought together.</summary>
internal static unsafe class AttentionCpuQueries<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    private const int CacheLine = 64;

    /// <summary>Asks for the rows that a panel tile will write, and for the queries of the next: a head's rows are far apart, and
    /// no processor foresees them. Where they are not in the second-level cache, a sixth of the time goes without this.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(in AttentionCpuState state, int row, int rows)
    {
        var bytes = (nint)state.HeadDim * sizeof(float);
        for (var r = row; r < row + rows; r++)
        {
            var output = (byte*)state.OutputRows[r];
            var query = (byte*)state.QueryRows[r + rows];
            for (nint line = 0; line < bytes; line += CacheLine)
            {
                TSimd.Prefetch((float*)(output + line));
                TSimd.Prefetch((float*)(query + line));
            }
        }
    }

    /// <summary>Brings the rows together, scaled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(in AttentionCpuState state, float scale, int row, int rows)
    {
        var factor = TSimd.Create(scale);
        var to = state.Query;
        for (var r = row; r < row + rows; r++)
        {
            var from = state.QueryRows[r];
            var d = 0;
            for (; d + TSimd.Lanes <= state.HeadDim; d += TSimd.Lanes)
            {
                TSimd.Store(TSimd.Multiply(TSimd.Load(from + d), factor), to + d);
            }

            if (d < state.HeadDim)
            {
                var left = state.HeadDim - d;
                TSimd.StoreFirst(TSimd.Multiply(TSimd.LoadFirst(from + d, left), factor), to + d, left);
            }

            to += state.HeadDim;
        }

        if (rows < AttentionCpuState.TileRows)
        {
            // A panel tile reads all its rows: left-over denormal numbers there would slow it down.
            new Span<float>(to, (AttentionCpuState.TileRows - rows) * state.HeadDim).Clear();
        }
    }
}
