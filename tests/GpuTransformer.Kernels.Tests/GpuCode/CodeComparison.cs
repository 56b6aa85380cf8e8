namespace GpuTransformer.Kernels.Tests;

/// <summary>What is worse in a kernel's code than its row says.</summary>
internal static class CodeComparison
{
    /// <summary>Registers are given out in eights, and ptxas shuffles one or two when neighbours move.</summary>
    public const int RegisterTolerance = 2;

    /// <summary>Instructions of the main loop, in percent.</summary>
    public const int LoopTolerance = 2;

    /// <summary>Points of the share of FMA.</summary>
    public const int ShareTolerance = 1;

    /// <summary>A sentence for each figure that is worse; better ones are welcome and say nothing.</summary>
    public static IEnumerable<string> Worse(CodeRow old, CodeRow now)
    {
        var kernel = $"{now.Kernel} on {now.Architecture}";
        if (now.Registers > old.Registers + RegisterTolerance)
        {
            yield return $"{kernel} takes {now.Registers} registers; it took {old.Registers}.";
        }

        if (now.SharedBytes > old.SharedBytes)
        {
            yield return $"{kernel} takes {now.SharedBytes} bytes of shared memory; it took {old.SharedBytes}.";
        }

        if (100 * now.LoopInstructions > (100 + LoopTolerance) * old.LoopInstructions)
        {
            yield return $"{kernel} has {now.LoopInstructions} instructions in its main loop; it had {old.LoopInstructions}.";
        }

        if (now.ProductPercent < old.ProductPercent - ShareTolerance)
        {
            yield return $"{kernel}: {now.ProductPercent} % of its main loop are FMA; {old.ProductPercent} % were.";
        }

        if (now.LoopDivisions > old.LoopDivisions)
        {
            yield return $"{kernel} has {now.LoopDivisions} integer divisions in its main loop; it had {old.LoopDivisions}.";
        }
    }
}
