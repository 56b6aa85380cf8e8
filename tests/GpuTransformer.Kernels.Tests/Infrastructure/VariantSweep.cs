using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Runs every entry of an operation's table that a device supports, and remembers which ones ran.</summary>
internal sealed class VariantSweep<TArgs>
    where TArgs : struct
{
    private readonly TestDevice _device;
    private readonly Operation<TArgs> _operation;
    private readonly HashSet<string> _ran = [];

    public VariantSweep(TestDevice device, Operation<TArgs> operation)
    {
        _device = device;
        _operation = operation;
    }

    /// <summary>Launches each supporting variant on arguments made for it, then calls <paramref name="verify"/> with its name.</summary>
    public void Each(Func<TArgs> arrange, Action<string> verify)
    {
        foreach (var variant in _operation.Table)
        {
            var args = arrange();
            if (!variant.Supports(_device.Kernels.Traits, args))
            {
                continue;
            }

            _operation.RunVariant(_device.Stream, args, variant);
            _device.Stream.Synchronize();
            verify(variant.Name);
            _ran.Add(variant.Name);
        }
    }

    /// <summary>Fails where an entry of the table has run in no case, other than those made for larger groups than the
    /// device has.</summary>
    public void AssertAllOfTheDeviceRan() => AssertAllRan([.. _operation.Table.ToArray()
        .OfType<KernelVariant<TArgs>>()
        .Where(variant => variant.Limits.MaxNumThreadsPerGroup > _device.Kernels.Traits.MaxGroupSize)
        .Select(variant => variant.Name)]);

    /// <summary>Fails where an entry of the table has run in no case, other than those named.</summary>
    public void AssertAllRan(params string[] except)
    {
        foreach (var variant in _operation.Table)
        {
            Assert.True(
                _ran.Contains(variant.Name) || except.Contains(variant.Name),
                $"{variant.Name} ran in no case on {_device.Kernels.Traits.Name}.");
        }
    }
}
