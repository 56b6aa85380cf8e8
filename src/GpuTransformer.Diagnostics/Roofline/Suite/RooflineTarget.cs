namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What a target is measured in.</summary>
internal enum TargetMeasure
{
    /// <summary>Rate over cuBLAS's rate.</summary>
    ShareOfCublas,

    /// <summary>Rate over the card's float32 peak.</summary>
    ShareOfPeak,

    /// <summary>Rate over the bandwidth of a plain copy in the same run.</summary>
    ShareOfCopy,

    /// <summary>Milliseconds.</summary>
    Milliseconds,

    /// <summary>Microseconds of the host.</summary>
    Microseconds,
}

/// <summary>Whether a target is met.</summary>
internal enum Verdict
{
    /// <summary>Not on a GPU, or what it is held against is missing.</summary>
    NotJudged,

    /// <summary>Below the first target.</summary>
    Missed,

    /// <summary>The first target holds.</summary>
    First,

    /// <summary>The aim holds too.</summary>
    Aim,
}

/// <summary>What a kernel is to reach on an NVIDIA H200: first, and then.</summary>
internal sealed record RooflineTarget(TargetMeasure Measure, double First, double Aim)
{
    /// <summary>Whether less is better.</summary>
    public bool IsTime => Measure is TargetMeasure.Milliseconds or TargetMeasure.Microseconds;

    /// <summary>Judges a value; null is not judged.</summary>
    public Verdict Judge(double? value)
    {
        if (value is not { } found)
        {
            return Verdict.NotJudged;
        }

        bool Reaches(double bar) => IsTime ? found <= bar : found >= bar;
        return Reaches(Aim) ? Verdict.Aim : Reaches(First) ? Verdict.First : Verdict.Missed;
    }
}
