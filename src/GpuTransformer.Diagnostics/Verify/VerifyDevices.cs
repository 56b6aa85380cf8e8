using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>The device under verification, how to open it anew, and what runs kernels that are too large for it.</summary>
internal sealed class VerifyDevices : IDisposable
{
    private readonly Func<ComputeDevice>? _open;
    private readonly Func<ComputeDevice>? _openWide;
    private readonly List<ComputeDevice> _opened = [];

    /// <param name="kernels">The device's, which its owner closes.</param>
    /// <param name="open">Opens the device once more; null: it cannot be.</param>
    /// <param name="openWide">Opens what runs the groups that the device cannot hold; null: nothing does.</param>
    public VerifyDevices(KernelSet kernels, Func<ComputeDevice>? open = null, Func<ComputeDevice>? openWide = null)
    {
        Kernels = kernels;
        _open = open;
        _openWide = openWide;
    }

    public KernelSet Kernels { get; private set; }

    /// <summary>Opens the device anew.</summary>
    /// <returns>False where that cannot be done.</returns>
    public bool Reopen()
    {
        if (_open is null)
        {
            return false;
        }

        Kernels = Keep(_open());
        return true;
    }

    /// <summary>What runs the groups that the device cannot hold; null: nothing does.</summary>
    public KernelSet? Substitute() => _openWide is null ? null : Keep(_openWide());

    /// <summary>Closes what it opened.</summary>
    public void Dispose()
    {
        foreach (var device in _opened)
        {
            device.Dispose();
        }
    }

    private KernelSet Keep(ComputeDevice device)
    {
        _opened.Add(device);
        return device.Kernels;
    }
}
