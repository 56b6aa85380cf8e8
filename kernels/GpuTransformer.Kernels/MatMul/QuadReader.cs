using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Where one thread reads its four steps of k of one row of a matrix, tile after tile.</summary>
internal struct QuadReader
{
    private readonly ArrayView<float> _data;
    private readonly int _start;
    private readonly int _step;

    /// <summary>Which four steps of the tile: 4 · Quad to 4 · Quad + 3.</summary>
    private readonly int _quad;

    /// <param name="data">The matrix's memory.</param>
    /// <param name="row">Where the thread's row starts.</param>
    /// <param name="step">Elements from k to k + 1.</param>
    /// <param name="quad">Which four steps of each tile.</param>
    public QuadReader(ArrayView<float> data, int row, int step, int quad)
    {
        _data = data;
        _start = row + (quad << 2) * step;
        _step = step;
        _quad = quad;
    }

    /// <summary>The four of the tile that starts at <paramref name="k"/>; 0 beyond K.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Read<TAccess>(int k, int tileK, int lengthK)
        where TAccess : struct, IQuadAccess =>
        k + tileK <= lengthK
            ? TAccess.Load(_data, _start + k * _step, _step)
            : ReadEdge(_start + k * _step, lengthK - k - (_quad << 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Float4 ReadEdge(int start, int count)
    {
        Float4 value;
        value.X = count > 0 ? _data[start] : 0f;
        value.Y = count > 1 ? _data[start + _step] : 0f;
        value.Z = count > 2 ? _data[start + _step + _step] : 0f;
        value.W = count > 3 ? _data[start + _step + _step + _step] : 0f;
        return value;
    }
}
