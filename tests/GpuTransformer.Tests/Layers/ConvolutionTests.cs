using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using Xunit;

namespace GpuTransformer.Tests.Layers;

/// <summary>A convolution gives each image the same bits, whatever number of images is in use.</summary>
public class ConvolutionTests
{
    private const int Images = 3;
    private const int Height = 7;
    private const int Width = 5;
    private const int Channels = 4;
    private const int Outputs = 6;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_number_of_images_changes_no_bit(int images)
    {
        using var device = ComputeDevice.Open("cpu");
        using var weights = new LinearWeights("weights", 9 * Channels, Outputs);
        var random = new Random(1);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        weights.Fill(PackedMatrix.Create(device.Kernels, WeightRows.Of(Values(Outputs * 9 * Channels), Outputs, 9 * Channels)), null);
        var (pixels, residual) = (Values(Images * Height * Width * Channels), Values(Images * 4 * 3 * Outputs));
        var whole = Run(device, weights, pixels, residual, Images);
        Assert.Equal(whole[..(images * 4 * 3 * Outputs)], Run(device, weights, pixels, residual, images));
    }

    [Fact]
    public void An_image_smaller_than_the_kernel_is_refused()
    {
        using var weights = new LinearWeights("small", 9 * Channels, Outputs);
        var graph = new GraphBuilder("test");
        var spaces = new MapSpaces(graph, graph.Rows("images", 1));
        var x = new FeatureMap(graph.Input("x", spaces.Of(2, 2), Channels), 2, 2);
        Assert.Contains("small", Assert.Throws<ShapeException>(() => new ConvolutionLayer(weights, 3, 3).Build(spaces, x)).Message);
    }

    private static float[] Run(ComputeDevice device, LinearWeights weights, float[] pixels, float[] residual, int images)
    {
        var graph = new GraphBuilder("test");
        var rows = graph.Rows("images", Images);
        var spaces = new MapSpaces(graph, rows);
        var x = graph.Input("x", spaces.Of(Height, Width), Channels);
        var added = graph.Input("residual", spaces.Of(4, 3), Outputs);
        var y = new ConvolutionLayer(weights, 3, 3, Stride: 2, Padding: 1).Build(
            spaces, new FeatureMap(x, Height, Width), ActivationKind.Relu, added);
        graph.Output("y", y.Rows);
        using var session = new Session(graph.Build(), device.Kernels);
        session.SetRows(rows, images);
        session.Write(x, pixels);
        session.Write(added, residual);
        session.Run();
        var values = new float[images * y.Height * y.Width * Outputs];
        session.Read(y.Rows, values);
        return values;
    }
}
