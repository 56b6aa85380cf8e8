using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class AttentionWorkspaceTests
{
    // As in AttentionTests, without outliers in the values.
    private const double Absolute = 5e-6;
    private const double Relative = 1e-5;

    public static TheoryData<VariantKind?> Variants => new(null, VariantKind.Naive, VariantKind.Group);

    [Theory]
    [MemberData(nameof(Variants))]
    public void ContiguousMatricesMatchTheReference(VariantKind? variant)
    {
        using var device = new TestDevice(TestDeviceKind.Default, variant);
        Case(device, new() { Batch = 1, SeqLenQ = 1, SeqLenKv = 1, NumHeads = 1, HeadDim = 4 });
        Case(device, new() { Batch = 2, SeqLenQ = 17, SeqLenKv = 17, NumHeads = 2, HeadDim = 8, Causal = true }, [17, 5]);
        Case(device, new() { Batch = 3, SeqLenQ = 5, SeqLenKv = 33, NumHeads = 4, NumKvHeads = 2, HeadDim = 5 }, [0, 33, 16]);
        Case(device, new() { Batch = 2, SeqLenQ = 4, SeqLenKv = 9, NumHeads = 1, HeadDim = 4, Causal = true, Scale = 0.3f }, [9, 2]);
        Case(device, new() { Batch = 1, SeqLenQ = 70, SeqLenKv = 20, NumHeads = 1, HeadDim = 4, Causal = true });
    }

    [Fact]
    public void APolicyGetsPositionsOfQueryAndKey()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var shape = new AttentionShape { Batch = 1, SeqLenQ = 3, SeqLenKv = 7, NumHeads = 2, HeadDim = 4, Causal = true };
        using var run = new Contiguous(device, shape, [6]);
        using var workspace = new AttentionWorkspace(device.Kernels, shape);
        workspace.SetKeyLengths([6]);
        device.Kernels.Attention.With<AlibiScore>().Run(
            device.Stream, run.Q.View, run.K.View, run.V.View, run.Output.View, workspace, new AlibiScore(2));
        device.Stream.Synchronize();
        double[] slopes = [1 / 16.0, 1 / 256.0];
        Tolerance.Close(
            run.Expected((score, head, query, key) => score - slopes[head] * (query - key)),
            run.Output.GetAsArray1D(), Absolute, Relative, "alibi");
    }

    [Fact]
    public void LengthsMayChangeBetweenRuns()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var shape = new AttentionShape { Batch = 2, SeqLenQ = 2, SeqLenKv = 18, NumHeads = 1, HeadDim = 4 };
        using var workspace = new AttentionWorkspace(device.Kernels, shape);
        Assert.True(workspace.ByteSize > 0);
        foreach (var lengths in new int[][] { [18, 18], [3, 0], [17, 18] })
        {
            using var run = new Contiguous(device, shape, lengths);
            workspace.SetKeyLengths(lengths);
            run.Launch(device, workspace);
            Tolerance.Close(run.Expected(), run.Output.GetAsArray1D(), Absolute, Relative, string.Join(' ', lengths));
        }
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        var good = new AttentionShape { Batch = 2, SeqLenQ = 2, SeqLenKv = 3, NumHeads = 2, HeadDim = 4 };
        Refused(() => Make(good with { Batch = 0 }), "AttentionShape: Batch");
        Refused(() => Make(good with { SeqLenQ = 0 }), "SeqLenQ");
        Refused(() => Make(good with { NumKvHeads = 3 }), "multiple of numKvHeads 3");
        Refused(() => Make(good with { Scale = float.NaN }), "Scale");
        Refused(() => Make(good with { SeqLenKv = int.MaxValue, Batch = int.MaxValue }), "keys must be");
        using var workspace = new AttentionWorkspace(device.Kernels, good);
        Refused(() => workspace.SetKeyLengths([3]), "keyLengths must have one length for each of 2 sequences, found 1");
        Refused(() => workspace.SetKeyLengths([3, 4]), "keyLengths[1] must be in [0, 3], found 4");
        Refused(() => workspace.SetKeyLengths([-1, 3]), "keyLengths[0]");
        using var run = new Contiguous(device, good, [3, 3]);
        Launch(run.Q.View.SubView(0, 31), run.K.View, run.V.View, run.Output.View, "q needs 32 elements");
        Launch(run.Q.View, run.K.View.SubView(0, 47), run.V.View, run.Output.View, "k needs 48 elements");
        Launch(run.Q.View, run.K.View, run.V.View.SubView(0, 47), run.Output.View, "v needs 48 elements");
        Launch(run.Q.View, run.K.View, run.V.View, run.Output.View.SubView(0, 31), "output needs 32 elements");
        using var other = new TestDevice(TestDeviceKind.Default);
        using var foreign = new AttentionWorkspace(other.Kernels, good);
        Refused(() => run.Launch(device, foreign), "another accelerator");

        void Make(AttentionShape shape) => new AttentionWorkspace(device.Kernels, shape).Dispose();

        void Launch(ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<float> output, string part) =>
            Refused(() => device.Kernels.Attention.Run(device.Stream, q, k, v, output, workspace), part);

        static void Refused(Action action, string part)
        {
            var error = Assert.Throws<ShapeException>(action);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(TestDevice device, AttentionShape shape, int[]? keyLengths = null)
    {
        using var run = new Contiguous(device, shape, keyLengths ?? [.. Enumerable.Repeat(shape.SeqLenKv, shape.Batch)]);
        using var workspace = new AttentionWorkspace(device.Kernels, shape);
        if (keyLengths is not null)
        {
            workspace.SetKeyLengths(keyLengths);
        }

        run.Launch(device, workspace);
        Tolerance.Close(run.Expected(), run.Output.GetAsArray1D(), Absolute, Relative, shape.ToString());
    }

    /// <summary>Contiguous matrices, with NaN in the rows of keys and values that do not count.</summary>
    private sealed class Contiguous : IDisposable
    {
        private readonly AttentionShape _shape;
        private readonly int[] _keyLengths;
        private readonly float[] _q;
        private readonly float[] _k;
        private readonly float[] _v;

        public Contiguous(TestDevice device, AttentionShape shape, int[] keyLengths)
        {
            (_shape, _keyLengths) = (shape, keyLengths);
            _q = Data.Normal((int)shape.QueryRows * shape.QueryWidth, 1);
            _k = Data.Normal((int)shape.KeyRows * shape.KeyWidth, 2);
            _v = Data.Normal((int)shape.KeyRows * shape.KeyWidth, 3);
            for (var row = 0; row < shape.KeyRows; row++)
            {
                if (row % shape.SeqLenKv >= keyLengths[row / shape.SeqLenKv])
                {
                    _k.AsSpan(row * shape.KeyWidth, shape.KeyWidth).Fill(float.NaN);
                    _v.AsSpan(row * shape.KeyWidth, shape.KeyWidth).Fill(float.NaN);
                }
            }

            (Q, K, V) = (device.Upload(_q), device.Upload(_k), device.Upload(_v));
            var poison = new float[_q.Length];
            Array.Fill(poison, float.NaN);
            Output = device.Upload(poison);
        }

        public MemoryBuffer1D<float, Stride1D.Dense> Q { get; }

        public MemoryBuffer1D<float, Stride1D.Dense> K { get; }

        public MemoryBuffer1D<float, Stride1D.Dense> V { get; }

        public MemoryBuffer1D<float, Stride1D.Dense> Output { get; }

        public void Launch(TestDevice device, AttentionWorkspace workspace)
        {
            device.Kernels.Attention.Run(device.Stream, Q.View, K.View, V.View, Output.View, workspace);
            device.Stream.Synchronize();
        }

        public double[] Expected(AttentionReference.Policy? policy = null)
        {
            var rows = AttentionCase.Sequences(
                [.. Enumerable.Repeat(_shape.SeqLenQ, _shape.Batch)], _keyLengths, _shape.Causal).ToList();
            var size = _shape.SeqLenKv * _shape.KeyWidth;
            return AttentionReference.Compute(
                _q, [.. _k.Chunk(size)], [.. _v.Chunk(size)], rows,
                _shape.NumHeads, _shape.NumKvHeads ?? _shape.NumHeads, _shape.HeadDim,
                _shape.Scale ?? 1 / Math.Sqrt(_shape.HeadDim), policy);
        }

        public void Dispose()
        {
            Q.Dispose();
            K.Dispose();
            V.Dispose();
            Output.Dispose();
        }
    }
}
