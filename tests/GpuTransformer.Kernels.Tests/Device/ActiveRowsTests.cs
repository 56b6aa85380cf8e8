using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A row count from the run state, in range or not.</summary>
public sealed class ActiveRowsTests(DeviceFixture devices) : IClassFixture<DeviceFixture>
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(5, 5)]
    [InlineData(6, 5)]
    [InlineData(int.MaxValue, 5)]
    [InlineData(-1, 0)]
    [InlineData(int.MinValue, 0)]
    public void ACountBeyondTheCapacityStopsThere(int count, int computed)
    {
        const int capacity = 5, width = 6;
        var device = devices[TestDeviceKind.Nvidia];
        using var x = device.Upload(Data.Normal(capacity * width, 1));
        using var state = device.Upload([count]);
        var rows = ActiveRows.FromState(state.View, 0, capacity);
        var view = RowView.Dense(x.View, width);

        Check(device.Kernels.Activation, y => new ActivationArgs
        {
            X = view,
            Y = y,
            Width = width,
            Rows = rows,
        });
        Check(device.Kernels.MatMul, y => new MatMulArgs<StandardEpilogue>
        {
            X = view,
            Weight = view with { Stride = 1 },
            WeightColumnStride = width,
            N = width,
            K = 3,
            Y = y,
            Rows = rows,
            Batch = 1,
            Epilogue = StandardEpilogue.None,
        });

        void Check<TArgs>(Operation<TArgs> operation, Func<RowView, TArgs> arrange)
            where TArgs : struct
        {
            foreach (var variant in operation.Table)
            {
                // 128-bit variants of the matmul do not take a transposed weight.
                using var y = new GuardedOutput(device, capacity, width);
                var args = arrange(y.View);
                if (!variant.Supports(device.Kernels.Traits, args))
                {
                    continue;
                }

                operation.RunVariant(device.Stream, args, variant);
                var values = y.Read();
                for (var i = 0; i < values.Length; i++)
                {
                    Assert.True(
                        float.IsNaN(values[i]) == (i / width >= computed), $"{variant.Name}: row {i / width} of count {count}");
                }
            }
        }
    }
}
