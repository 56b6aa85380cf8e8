using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A CPU matmul after the first allocates nothing: launched, bound to a plan, packed or from a view, with an
/// epilogue of one's own.</summary>
[Collection(nameof(AloneInProcess))]
public sealed unsafe class MatMulCpuAllocationTests
{
    private const int M = 40, N = 100, K = 900;

    [Fact]
    public void Launches_AllocateNothing()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var weight = PackedMatrix.Create(device.Kernels, WeightRows.Of(Data.Normal(N * K, 1), N, K));
        using var rows = device.Upload(Data.Normal(N * K, 1));
        using var x = device.Upload(Data.Normal(M * K, 2));
        using var y = device.Accelerator.Allocate1D<float>(M * N);
        using var factors = device.Upload([1f, 2f]);
        var matMul = device.Kernels.MatMul;
        var own = matMul.With<CheckerEpilogue>();
        var stream = device.Stream;
        AllocatesNothing(() => matMul.Run(
            stream, x.View, weight, y.View, M, rows.View.SubView(0, N), ActivationKind.GeluErf, y.View));
        AllocatesNothing(() => matMul.Run(stream, x.View, rows.View, y.View, M, N, K));
        AllocatesNothing(() => own.Run(
            stream, x.View, weight, y.View, M, new CheckerEpilogue { Factors = factors.View, Shift = 1f }));
    }

    [Fact]
    public void BoundSteps_AllocateNothing_AndReadTheRowsInUse()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var weight = PackedMatrix.Create(device.Kernels, WeightRows.Of(Data.Normal(N * K, 1), N, K));
        using var x = device.Upload(Data.Normal(M * K, 2));
        using var y = new GuardedOutput(device, M, N);
        using var state = device.Upload([3]);
        var args = MatMul.Dense(x.View, default, y.View.Data, M, N, K, StandardEpilogue.None);
        args.Y = y.View;
        args.Rows = ActiveRows.FromState(state.View, 0, M);
        weight.AttachTo(ref args);
        using var bound = device.Kernels.MatMul.Bind(args);
        AllocatesNothing(() =>
        {
            var step = bound.Step;
            CpuPool.Shared.Walk(&step, 1);
        });
        Assert.Equal("matmul-cpu", bound.Info.Variant);
        Assert.Equal(3 * N, y.Read().Count(value => !float.IsNaN(value)));
        state.CopyFromCPU([5]);
        bound.Launch(device.Stream);
        Assert.Equal(5 * N, y.Read().Count(value => !float.IsNaN(value)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public void Int8Activations_AllocateNothing(int rows)
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var weight = PackedMatrix.Create(
            device.Kernels, WeightEncoding.Q4_0, ActivationEncoding.Int8, WeightRows.Of(Data.Normal(N * K, 1), N, K));
        using var x = device.Upload(Data.Normal(M * K, 2));
        using var y = device.Accelerator.Allocate1D<float>(M * N);
        AllocatesNothing(() => device.Kernels.MatMul.Run(device.Stream, x.View, weight, y.View, rows));
    }

    private static void AllocatesNothing(Action run)
    {
        // Twice: a thread of the pool may come late to the first.
        run();
        run();

        var before = PoolAllocations.Bytes(CpuPool.Shared);
        for (var i = 0; i < 20; i++)
        {
            run();
        }

        Assert.Equal(before, PoolAllocations.Bytes(CpuPool.Shared));
    }
}
