using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>Shapes are checked when the graph is built; the message names the layer, the tensor and both shapes.</summary>
public class GraphBuilderTests
{
    private readonly GraphBuilder _graph = new("test");

    [Fact]
    public void A_linear_layer_of_another_width_is_refused()
    {
        var x = _graph.Input("hidden", _graph.Rows("tokens", 4), 6);
        var error = Assert.Throws<ShapeException>(() => _graph.Linear("encoder.layer.0.dense", x, new LinearWeights("dense", 8, 3)));
        AssertNames(error, "encoder.layer.0.dense", "hidden", "6", "8");
    }

    [Fact]
    public void A_residual_of_other_rows_is_refused()
    {
        var x = _graph.Input("hidden", _graph.Rows("tokens", 4), 8);
        var other = _graph.Input("pooled", _graph.Rows("sequences", 1), 3);
        var error = Assert.Throws<ShapeException>(
            () => _graph.Linear("encoder.layer.0.dense", x, new LinearWeights("dense", 8, 3), ActivationKind.None, other));
        AssertNames(error, "encoder.layer.0.dense", "pooled", "[sequences, 3]", "[tokens, 3]");
    }

    [Fact]
    public void A_norm_of_another_width_is_refused()
    {
        var x = _graph.Input("hidden", _graph.Rows("tokens", 4), 6);
        var error = Assert.Throws<ShapeException>(() => _graph.LayerNorm("encoder.layer.0.norm", x, new NormWeights("norm", 8, 1e-5f)));
        AssertNames(error, "encoder.layer.0.norm", "hidden", "6", "8");
    }

    [Fact]
    public void A_gate_of_another_width_is_refused()
    {
        var x = _graph.Input("hidden", _graph.Rows("tokens", 4), 8);
        var error = Assert.Throws<ShapeException>(
            () => _graph.Linear("mlp.gate", x, new LinearWeights("gate", 8, 3), ActivationKind.Silu, null, x));
        AssertNames(error, "mlp.gate", "gate", "hidden", "[tokens, 8]", "[tokens, 3]");
    }

    [Fact]
    public void A_query_that_does_not_fit_the_heads_is_refused()
    {
        var space = TokenSpace.Declare(_graph, "tokens", 8, 2, 4, packed: true);
        var x = _graph.Input("hidden", space.Rows, 12);
        var keys = _graph.WriteKeys("attention", x, x, space.Keys, space.Writes, 3, persistent: false);
        var error = Assert.Throws<ShapeException>(() => _graph.Attention("attention", x.Columns(0, 8), keys, space.Sees, 3));
        AssertNames(error, "attention", "hidden", "[tokens, 8]", "[tokens, 12]");
    }

    [Fact]
    public void Keys_that_do_not_divide_into_heads_are_refused()
    {
        var space = TokenSpace.Declare(_graph, "tokens", 8, 2, 4, packed: true);
        var x = _graph.Input("hidden", space.Rows, 12);
        var error = Assert.Throws<ShapeException>(() => _graph.WriteKeys("attention", x, x, space.Keys, space.Writes, 5, persistent: false));
        AssertNames(error, "attention", "hidden", "12", "5");
    }

    [Fact]
    public void Columns_outside_a_tensor_are_refused()
    {
        var x = _graph.Input("hidden", _graph.Rows("tokens", 4), 6);
        AssertNames(Assert.Throws<ShapeException>(() => x.Columns(4, 3)), "hidden", "[4, 7)", "6");
    }

    [Fact]
    public void Rows_beyond_the_capacity_are_refused()
    {
        var space = _graph.Rows("tokens", 4);
        var x = _graph.Input("hidden", space, 6);
        _graph.Output("hidden", x);
        using var device = ComputeDevice.Open("cpu");
        using var session = new Session(_graph.Build(), device.Kernels);
        AssertNames(Assert.Throws<ShapeException>(() => session.SetRows(space, 5)), "tokens", "5", "4");
        AssertNames(Assert.Throws<ShapeException>(() => session.Write(x, new float[25])), "hidden", "25", "24");
    }

    private static void AssertNames(Exception error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
}
