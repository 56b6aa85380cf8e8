namespace GpuTransformer.Kernels;

/// <summary>Chooses a variant from device traits and arguments alone, so that the choice is tested without a device.</summary>
internal static class VariantChoice
{
    /// <summary>The last entry of the requested kind that supports the arguments; without a request, the CPU variant on
    /// a CPU and the group variant elsewhere, and the naive one where no group variant fits.</summary>
    /// <exception cref="DeviceException">A kind was asked for that the device or the arguments do not allow.</exception>
    public static int Select<TArgs>(
        string operation, Variant<TArgs>[] table, DeviceTraits traits, in TArgs args, VariantKind? requested)
        where TArgs : struct
    {
        var preferred = requested ?? (traits.Kind == DeviceKind.Cpu ? VariantKind.Cpu : VariantKind.Group);
        var index = LastOf(table, preferred, traits, args);
        if (index < 0 && requested is null)
        {
            index = LastOf(table, VariantKind.Naive, traits, args);
        }

        return index >= 0
            ? index
            : throw new DeviceException(
                $"{operation}: no {preferred} variant runs on {traits.Name} " +
                $"(group size up to {traits.MaxGroupSize}, warp {traits.WarpSize}, shared memory {traits.SharedBytes} bytes).");
    }

    private static int LastOf<TArgs>(Variant<TArgs>[] table, VariantKind kind, DeviceTraits traits, in TArgs args)
        where TArgs : struct
    {
        for (var i = table.Length - 1; i >= 0; i--)
        {
            if (table[i].Kind == kind && table[i].Supports(traits, args))
            {
                return i;
            }
        }

        return -1;
    }
}
