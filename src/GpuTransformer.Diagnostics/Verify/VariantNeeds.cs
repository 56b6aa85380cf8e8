using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Why a device does not run a variant, found by asking the variant itself about other devices: the table's
/// predicate stays the only place that knows.</summary>
internal static class VariantNeeds
{
    private const int MostThreads = 1024;
    private const int MostShared = 227 * 1024;
    private const int Capability = 90;

    /// <summary>The reason; null: the device could, but the variant is not meant for these arguments.</summary>
    public static string? Unmet<TArgs>(Variant<TArgs> variant, DeviceTraits traits, in TArgs args)
        where TArgs : struct
    {
        if (variant.Kind == VariantKind.Cpu)
        {
            return traits.Kind == DeviceKind.Cpu ? null : "runs on a CPU device only";
        }

        // A device that has everything, with as many multiprocessors, for which shapes are chosen.
        var able = traits with
        {
            Kind = DeviceKind.Cuda,
            WarpSize = 32,
            MaxGroupSize = MostThreads,
            SharedBytes = MostShared,
            ComputeCapability = Capability,
        };
        if (!variant.Allows(able, args))
        {
            return null;
        }

        foreach (var threads in (int[])[32, 64, 128, 256, 512, MostThreads])
        {
            if (threads > traits.MaxGroupSize && variant.Allows(able with { MaxGroupSize = threads }, args))
            {
                return variant.Allows(able with { MaxGroupSize = traits.MaxGroupSize }, args)
                    ? Other(variant, traits, able, args)
                    : $"needs {threads} threads a group, device allows {traits.MaxGroupSize}";
            }
        }

        return Other(variant, traits, able, args);
    }

    private static string Other<TArgs>(Variant<TArgs> variant, DeviceTraits traits, DeviceTraits able, in TArgs args)
        where TArgs : struct
    {
        if (!variant.Allows(able with { SharedBytes = traits.SharedBytes }, args))
        {
            var bytes = traits.SharedBytes;
            while (!variant.Allows(able with { SharedBytes = bytes }, args))
            {
                bytes += 16;
            }

            return $"needs {bytes:N0} bytes of shared memory, device has {traits.SharedBytes:N0}";
        }

        if (!variant.Allows(able with { WarpSize = traits.WarpSize }, args))
        {
            return $"needs warps of {able.WarpSize}, device has {traits.WarpSize}";
        }

        return variant.Allows(able with { Kind = traits.Kind }, args)
            ? $"needs a compute capability above {traits.ComputeCapability / 10}.{traits.ComputeCapability % 10}"
            : $"does not run on {traits.Kind} devices";
    }
}
