using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>A sum with a residual and a norm are written over what they read, where nobody reads that later.</summary>
public sealed class ReplacementTests : IDisposable
{
    private const int Rows = 48;
    private const int Width = 64;

    private readonly GraphBuilder _graph = new("test");
    private readonly LinearWeights _same = new("same", Width, Width);
    private readonly LinearWeights _up = new("up", Width, 4 * Width);
    private readonly LinearWeights _down = new("down", 4 * Width, Width);
    private readonly NormWeights _norm = new("norm", Width, 1e-5f);
    private readonly GraphTensor _x;
    private ComputeDevice? _device;

    public ReplacementTests() => _x = _graph.Linear("first", _graph.Input("input", _graph.Rows("tokens", Rows), Width), _same);

    [Fact]
    public void A_residual_block_and_its_norm_take_the_place_of_the_residual()
    {
        var (sum, normed) = Block();
        _graph.Output("y", normed);
        var plan = Plan();
        Assert.True(SharePlace(plan, _x, sum));
        Assert.True(SharePlace(plan, sum, normed));

        // The residual and what is inside the block; with a place for each result there would be one more.
        Assert.Equal(5 * Rows * Width, plan.Elements);
        Assert.Equal(plan.LeastElements, plan.Elements);
    }

    [Fact]
    public void What_is_read_later_keeps_its_place()
    {
        var (sum, normed) = Block();
        var second = _graph.Linear("second", normed, _same, ActivationKind.None, sum);
        _graph.Output("y", second);
        var plan = Plan();
        Assert.True(SharePlace(plan, _x, sum));
        Assert.False(SharePlace(plan, sum, normed));
        Assert.True(SharePlace(plan, sum, second));
    }

    [Fact]
    public void What_the_host_reads_keeps_its_place()
    {
        _graph.Output("x", _x);
        var (sum, normed) = Block();
        _graph.Output("sum", sum);
        _graph.Output("y", normed);
        var plan = Plan();
        Assert.False(SharePlace(plan, _x, sum));
        Assert.False(SharePlace(plan, sum, normed));
    }

    [Fact]
    public void A_product_is_not_written_over_its_own_factor()
    {
        var y = _graph.Linear("second", _x, _same, ActivationKind.None, _x);
        _graph.Output("y", y);
        Assert.False(SharePlace(Plan(), _x, y));
    }

    [Fact]
    public void Columns_of_a_wider_tensor_are_not_written_over()
    {
        var wide = _graph.Linear("up", _x, _up);
        var y = _graph.Linear("second", _x, _same, ActivationKind.None, wide.Columns(Width, Width));
        _graph.Output("y", y);
        Assert.False(SharePlace(Plan(), wide, y));
    }

    [Theory]
    [InlineData(VariantKind.Cpu)]
    [InlineData(VariantKind.Naive)]
    [InlineData(VariantKind.Group)]
    public void The_place_changes_no_bits(VariantKind variant)
    {
        var device = _device = ComputeDevice.Open("cpu", variant);
        var random = new Random(1);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        foreach (var weights in new[] { _same, _up, _down })
        {
            var rows = WeightRows.Of(Values(weights.OutFeatures * weights.InFeatures), weights.OutFeatures, weights.InFeatures);
            weights.Fill(PackedMatrix.Create(device.Kernels, rows), null);
        }

        var normWeight = new DeviceMemory<float>(device.Kernels, Width, "weight");
        Values(Width).CopyTo(normWeight.Host);
        _norm.Fill(normWeight, null);
        var input = Values(Rows * Width);
        var over = Run(device, input, keepsAll: false);
        Assert.Contains(over, value => value != 0);
        Assert.Equal(Run(device, input, keepsAll: true), over);
    }

    public void Dispose()
    {
        _same.Dispose();
        _up.Dispose();
        _down.Dispose();
        _norm.Dispose();
        _device?.Dispose();
    }

    private float[] Run(ComputeDevice device, float[] input, bool keepsAll)
    {
        var graph = new GraphBuilder("test");
        var rows = graph.Rows("tokens", Rows);
        var given = graph.Input("input", rows, Width);
        var x = graph.Linear("first", given, _same);
        var (sum, normed) = Block(graph, x);
        graph.Output("y", normed);
        if (keepsAll)
        {
            graph.Output("x", x);
            graph.Output("sum", sum);
        }

        using var session = new Session(graph.Build(), device.Kernels);
        session.SetRows(rows, Rows - 1);
        session.Write(given, input);
        session.Run();
        var values = new float[(Rows - 1) * Width];
        session.Read(normed, values);
        return values;
    }

    private (GraphTensor Sum, GraphTensor Normed) Block() => Block(_graph, _x);

    private (GraphTensor Sum, GraphTensor Normed) Block(GraphBuilder graph, GraphTensor x)
    {
        var inner = graph.Linear("up", x, _up, ActivationKind.Relu);
        var sum = graph.Linear("down", inner, _down, ActivationKind.None, x);
        return (sum, graph.LayerNorm("norm", sum, _norm));
    }

    private ArenaPlan Plan()
    {
        var program = _graph.Build();
        return new ArenaPlan(program, [.. program.Nodes.Cast<LaunchNode>()]);
    }

    private static bool SharePlace(ArenaPlan plan, GraphTensor a, GraphTensor b) =>
        plan.OffsetOf(a.Tensor) == plan.OffsetOf(b.Tensor);
}
