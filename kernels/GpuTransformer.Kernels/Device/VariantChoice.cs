namespace GpuTransformer.Kernels;

/// <summary>Chooses a variant from device traits and arguments alone, so that the choice is tested without a device.</summary>
internal static class VariantChoice
{
    /// <summary>The last entry of the requested kind that supports the arguments; without a request, the CPU variant on
    /// a CPU and the group variant elsewhere, and the naive one where no group variant fits. A tuned variant goes before
    /// these where it is of the same kind and the arguments allow it.</summary>
    /// <exception cref="DeviceException">A kind was asked for that the device or the arguments do not allow.</exception>
    public static int Select<TArgs>(
        string operation, Variant<TArgs>[] table, DeviceTraits traits, in TArgs args, VariantKind? requested, string? tuned = null)
        where TArgs : struct
    {
        var preferred = Preferred(traits, requested);
        if (tuned is not null)
        {
            var named = IndexOf(table, tuned);
            if (named >= 0 && table[named].Kind == preferred && table[named].Allows(traits, args))
            {
                return named;
            }
        }

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

    /// <summary>The kind that is taken where it fits.</summary>
    public static VariantKind Preferred(DeviceTraits traits, VariantKind? requested) =>
        requested ?? (traits.Kind == DeviceKind.Cpu ? VariantKind.Cpu : VariantKind.Group);

    // Without a closure: a launch allocates nothing.
    private static int IndexOf<TArgs>(Variant<TArgs>[] table, string name)
        where TArgs : struct
    {
        for (var i = 0; i < table.Length; i++)
        {
            if (table[i].Name == name)
            {
                return i;
            }
        }

        return -1;
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
