using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Tests see the built-in choice of variants, whatever was tuned on the machine that runs them.</summary>
internal static class UntunedKernels
{
    [ModuleInitializer]
    internal static void Ignore() => Environment.SetEnvironmentVariable("GPUTX_TUNING", "off");
}
