using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class MultiHeadAttentionTests
{
    // Four sums of normal products and a softmax of scores below 10.
    private const double Absolute = 1e-5;
    private const double Relative = 1e-5;

    public static TheoryData<TestDeviceKind, VariantKind?> Variants => new()
    {
        { TestDeviceKind.Default, null },
        { TestDeviceKind.Default, VariantKind.Naive },
        { TestDeviceKind.Default, VariantKind.Group },
        { TestDeviceKind.Intel, VariantKind.Group },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void SelfAttentionInThreeFormsMatchesTheReference(TestDeviceKind kind, VariantKind? variant)
    {
        using var device = new TestDevice(kind, variant);
        var shape = new AttentionShape
        {
            Batch = 2,
            SeqLenQ = 17,
            SeqLenKv = 17,
            NumHeads = 4,
            NumKvHeads = 2,
            HeadDim = 5,
            Causal = true,
        };
        using var layer = new Layer(device, shape, width: 12, sourceWidth: 12, outputs: 12);
        int[] lengths = [17, 6];
        var x = Data.Normal((int)shape.QueryRows * 12, 3);
        var expected = layer.Expected(x, x, lengths, residual: x);
        using var xs = device.Upload(x);
        using var workspace = new MultiHeadAttentionWorkspace(device.Kernels, shape);
        workspace.SetKeyLengths(lengths);
        foreach (var (name, weights) in layer.Forms(fused: true))
        {
            using var output = new GuardedOutput(device, (int)shape.QueryRows, 12);
            var view = output.View.Data.SubView(output.View.Offset, x.Length);
            device.Kernels.MultiHeadAttention.Run(device.Stream, xs.View, view, weights, workspace, xs.View);
            device.Stream.Synchronize();
            Tolerance.Close(expected, output.Read(), Absolute, Relative, name);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void CrossAttentionMatchesTheReference(TestDeviceKind kind, VariantKind? variant)
    {
        using var device = new TestDevice(kind, variant);
        var shape = new AttentionShape { Batch = 3, SeqLenQ = 3, SeqLenKv = 18, NumHeads = 2, HeadDim = 8 };
        using var layer = new Layer(device, shape, width: 10, sourceWidth: 7, outputs: 9);
        int[] lengths = [18, 0, 7];
        var x = Data.Normal((int)shape.QueryRows * 10, 4);
        var source = Data.Normal((int)shape.KeyRows * 7, 5);
        var expected = layer.Expected(x, source, lengths, residual: null);
        using var xs = device.Upload(x);
        using var sources = device.Upload(source);
        using var workspace = new MultiHeadAttentionWorkspace(device.Kernels, shape);
        workspace.SetKeyLengths(lengths);
        foreach (var (name, weights) in layer.Forms(fused: false))
        {
            using var output = new GuardedOutput(device, (int)shape.QueryRows, 9);
            var view = output.View.Data.SubView(output.View.Offset, shape.QueryRows * 9);
            device.Kernels.MultiHeadAttention.Run(device.Stream, xs.View, sources.View, view, weights, workspace);
            device.Stream.Synchronize();
            Tolerance.Close(expected, output.Read(), Absolute, Relative, name);
        }
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var shape = new AttentionShape { Batch = 1, SeqLenQ = 2, SeqLenKv = 2, NumHeads = 2, HeadDim = 4 };
        using var layer = new Layer(device, shape, width: 6, sourceWidth: 6, outputs: 6);
        using var workspace = new MultiHeadAttentionWorkspace(device.Kernels, shape);
        using var longer = new MultiHeadAttentionWorkspace(device.Kernels, shape with { SeqLenKv = 3 });
        using var wider = new MultiHeadAttentionWorkspace(device.Kernels, shape with { HeadDim = 3 });
        using var view = device.Upload(new float[12]);
        var short11 = view.View.SubView(0, 11);
        var fused = layer.Forms(fused: true)[0].Weights;
        var separate = layer.Forms(fused: true)[2].Weights;
        Refused(() => Self(short11, view.View, fused, workspace), "x needs 12 elements");
        Refused(() => Self(view.View, short11, fused, workspace), "output needs 12 elements");
        Refused(() => Self(view.View, view.View, fused, workspace, short11), "residual needs 12 elements");
        Refused(() => Self(view.View, view.View, fused, longer), "seqLenQ = seqLenKv, found 2 and 3");
        Refused(() => Self(view.View, view.View, fused, wider), "queryKeyValue must give 18 outputs, found 24");
        Refused(() => Self(view.View, view.View, separate, wider), "query must give 6 outputs, found 8");
        Refused(() => Cross(view.View, view.View, fused), "projections for each");
        Refused(() => Cross(short11, view.View, separate), "query needs 12 elements");
        Refused(() => Cross(view.View, short11, separate), "keyValue needs 12 elements");
        var wrongOutput = MultiHeadAttentionWeights.Fused(fused.QueryKeyValue!, fused.QueryKeyValue!);
        Refused(() => Self(view.View, view.View, wrongOutput, workspace), "output projection must take numHeads · headDim = 8");

        void Self(
            ArrayView<float> x, ArrayView<float> output, MultiHeadAttentionWeights weights,
            MultiHeadAttentionWorkspace space, ArrayView<float> residual = default) =>
            device.Kernels.MultiHeadAttention.Run(device.Stream, x, output, weights, space, residual);

        void Cross(ArrayView<float> x, ArrayView<float> source, MultiHeadAttentionWeights weights) =>
            device.Kernels.MultiHeadAttention.Run(device.Stream, x, source, view.View, weights, workspace);

        static void Refused(Action action, string part)
        {
            var error = Assert.Throws<ShapeException>(action);
            Assert.StartsWith("MultiHeadAttention: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The projections of a layer, packed in each form, with their reference.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly TestDevice _device;
        private readonly AttentionShape _shape;
        private readonly LinearReference _query;
        private readonly LinearReference _key;
        private readonly LinearReference _value;
        private readonly LinearReference _output;
        private readonly List<IDisposable> _owned = [];

        public Layer(TestDevice device, AttentionShape shape, int width, int sourceWidth, int outputs)
        {
            (_device, _shape) = (device, shape);
            _query = new LinearReference(device, shape.QueryWidth, width, 100);
            _key = new LinearReference(device, shape.KeyWidth, sourceWidth, 200);
            _value = new LinearReference(device, shape.KeyWidth, sourceWidth, 300);
            _output = new LinearReference(device, outputs, shape.QueryWidth, 400);
            _owned.AddRange([_query, _key, _value, _output]);
        }

        public List<(string Name, MultiHeadAttentionWeights Weights)> Forms(bool fused)
        {
            var forms = new List<(string, MultiHeadAttentionWeights)>();
            if (fused)
            {
                forms.Add(("fused", MultiHeadAttentionWeights.Fused(Under(_query, _key, _value), _output.Packed)));
            }

            forms.Add(("halved", MultiHeadAttentionWeights.Halved(_query.Packed, Under(_key, _value), _output.Packed)));
            forms.Add(("separate", MultiHeadAttentionWeights.Separate(_query.Packed, _key.Packed, _value.Packed, _output.Packed)));
            return forms;
        }

        public double[] Expected(float[] x, float[] source, int[] keyLengths, float[]? residual)
        {
            var query = _query.Apply([.. x.Select(v => (double)v)]);
            var key = _key.Apply([.. source.Select(v => (double)v)]);
            var value = _value.Apply([.. source.Select(v => (double)v)]);
            var rows = AttentionCase.Sequences(
                [.. Enumerable.Repeat(_shape.SeqLenQ, _shape.Batch)], keyLengths, _shape.Causal).ToList();
            var size = _shape.SeqLenKv * _shape.KeyWidth;
            var attended = AttentionReference.Compute(
                Narrow(query), [.. Narrow(key).Chunk(size)], [.. Narrow(value).Chunk(size)], rows,
                _shape.NumHeads, _shape.NumKvHeads ?? _shape.NumHeads, _shape.HeadDim, 1 / Math.Sqrt(_shape.HeadDim));
            var output = _output.Apply(attended);
            return residual is null ? output : [.. output.Zip(residual, (a, b) => a + b)];
        }

        public void Dispose()
        {
            foreach (var owned in _owned)
            {
                owned.Dispose();
            }
        }

        // The reference of attention takes float32; the rounding is within the tolerance.
        private static float[] Narrow(double[] values) => [.. values.Select(v => (float)v)];

        private PackedLinear Under(params LinearReference[] parts)
        {
            var weight = PackedMatrix.Create(_device.Kernels, [.. parts.Select(part => part.Rows)]);
            var bias = _device.Upload([.. parts.SelectMany(part => part.Bias.ToArray())]);
            _owned.AddRange([weight, bias]);
            return new PackedLinear(weight, bias.View);
        }
    }
}
