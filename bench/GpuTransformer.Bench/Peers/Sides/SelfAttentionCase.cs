using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Bench.Peers;

/// <summary>Attention of one sequence from plain rows of queries, keys and values, as a model's layer has them after its
/// projection: putting the keys where attention wants them is part of it.</summary>
internal sealed class SelfAttentionCase : SessionCase
{
    private const int Samples = 8;
    private static readonly string[] s_inputs = ["query", "key", "value"];
    private readonly int _heads;
    private readonly int _headDim;
    private readonly int _length;
    private readonly bool _isCausal;
    private readonly float[][] _inputs;
    private readonly GraphTensor _output;

    public SelfAttentionCase(BenchDevice device, int heads, int headDim, int length, bool isCausal, Work work)
        : base("attention", $"{heads} heads x {headDim}, {length}{(isCausal ? " causal" : "")}", work)
    {
        (_heads, _headDim, _length, _isCausal) = (heads, headDim, length, isCausal);
        var width = heads * headDim;
        var graph = new GraphBuilder("attention");
        var space = TokenSpace.Declare(graph, "tokens", length, 1, length, packed: true);
        var inputs = s_inputs.Select(name =>
        {
            // An output too, else the arena gives its place away and the next run reads something else.
            var input = graph.Input(name, space.Rows, width);
            graph.Output(name, input);
            return input;
        }).ToArray();
        var keys = graph.WriteKeys("keys", inputs[1], inputs[2], space.Keys, space.Writes, heads, persistent: false);
        _output = graph.Attention("attention", inputs[0], keys, space.Sees, heads);
        graph.Output("y", _output);
        Open(device, graph);
        var rows = new TokenRows(Session, space);
        for (var i = 0; i < length; i++)
        {
            rows.Add(0, 0, i, i, 0, isCausal ? i + 1 : length);
        }

        rows.Finish();
        PageTables.FillPacked(Session, space.Keys, [length]);
        _inputs = [.. inputs.Select((input, i) =>
        {
            var values = new float[length * width];
            RandomValues.Fill($"input {i}", 0, 1f, values);
            Session.Write(input, values);
            return values;
        })];
    }

    public override void Verify()
    {
        var width = _heads * _headDim;
        var y = new float[_length * width];
        Session.Read(_output, y);
        var random = new Random(5);
        for (var sample = 0; sample < Samples; sample++)
        {
            var (row, head) = (random.Next(_length), random.Next(_heads));
            var seen = _isCausal ? row + 1 : _length;
            var weights = Enumerable.Range(0, seen).Select(k => Math.Exp(Product(row, k, head) / Math.Sqrt(_headDim))).ToArray();
            for (var d = 0; d < _headDim; d++)
            {
                var expected = Enumerable.Range(0, seen).Sum(k => weights[k] * _inputs[2][k * width + head * _headDim + d]) / weights.Sum();
                ExpectNear($"y[{row}, {head}, {d}]", y[row * width + head * _headDim + d], expected, 1e-5);
            }
        }
    }

    private double Product(int row, int key, int head)
    {
        var width = _heads * _headDim;
        var sum = 0.0;
        for (var d = 0; d < _headDim; d++)
        {
            sum += (double)_inputs[0][row * width + head * _headDim + d] * _inputs[1][key * width + head * _headDim + d];
        }

        return sum;
    }
}
