using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>What decoders with rotary positions need.</summary>
internal sealed partial class GraphBuilder
{
    /// <summary>Turns heads by the angles of their row, in place; with weights after an RMSNorm of each head.</summary>
    /// <param name="layer">The layer, as messages name it.</param>
    /// <param name="x">[rows, numHeads · headDim], changed.</param>
    /// <param name="angles">[rows, rotary width]: cosines, then sines.</param>
    /// <param name="numHeads">Heads side by side.</param>
    /// <param name="norm">(headDim), the same for every head; null: no norm.</param>
    public void Rotary(string layer, GraphTensor x, GraphTensor angles, int numHeads, NormWeights? norm = null)
    {
        var headDim = x.Width / numHeads;
        ExpectLength(layer, $"a row of {x.Tensor.Name}", x.Width, numHeads * headDim);
        Expect(layer, "angles", angles, x.Rows, angles.Width);
        if (norm is not null)
        {
            ExpectLength(layer, $"{norm.Name} against a head of {x.Tensor.Name}", norm.Width, headDim);
        }

        Add(layer, [x, angles], x, k => k.Rotary, s => new RotaryArgs
        {
            X = s.RowsIn(x),
            Y = s.RowsIn(x),
            NumHeads = numHeads,
            HeadDim = headDim,
            RotaryDim = angles.Width,
            Table = s.RowsIn(angles),
            TableRows = angles.Rows.Capacity,
            NormWeight = norm?.Weight.View ?? default,
            HasNorm = norm is null ? 0 : 1,
            WeightShift = norm?.WeightShift ?? 0f,
            Epsilon = norm?.Epsilon ?? 0f,
            Rows = s.Active(x.Rows),
        });
    }

    /// <summary>cap · tanh(x / cap).</summary>
    public GraphTensor SoftCap(string layer, GraphTensor x, float cap)
    {
        var y = Tensor(layer, x.Rows, x.Width);
        Add(layer, [x], y, k => k.SoftCap, s => new SoftCapArgs
        {
            X = s.RowsIn(x),
            Y = s.RowsIn(y),
            Width = x.Width,
            Cap = cap,
            Rows = s.Active(x.Rows),
        });
        return y;
    }
}
