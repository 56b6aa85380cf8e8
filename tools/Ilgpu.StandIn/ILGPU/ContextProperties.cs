namespace ILGPU;

public enum InliningMode
{
    Default = Aggressive,
    Aggressive = 0,
    Conservative,
    Disabled,
}

public enum DebugSymbolsMode
{
    Auto,
    Disabled,
    Basic,
    Kernel,
    KernelSourceAnnotations,
}

public enum OptimizationLevel
{
    Debug = O0,
    Release = O1,
    O0 = 0,
    O1,
    O2,
}

public enum MathMode
{
    Default,
    Fast,
    Fast32BitOnly,
}

public enum StaticFieldMode
{
    Default,
    MutableStaticFields,
    IgnoreStaticFieldStores,
}

public enum ArrayMode
{
    Default,
    InlineMutableStaticArrays,
}

public enum CachingMode
{
    Default,
    NoKernelCaching,
    NoLaunchCaching,
    Disabled,
}

public enum PageLockingMode
{
    Default,
    Auto,
    Aggressive,
}

/// <summary>The options of a context.</summary>
public class ContextProperties
{
    protected internal ContextProperties()
    { }

    private ContextProperties(ContextProperties source)
    {
        DebugSymbolsMode = source.DebugSymbolsMode == DebugSymbolsMode.Auto
            ? DebugSymbolsMode.Disabled
            : source.DebugSymbolsMode;
        EnableAssertions = source.EnableAssertions;
        EnableIOOperations = source.EnableIOOperations;
        EnableVerifier = source.EnableVerifier;
        OptimizationLevel = source.OptimizationLevel;
        InliningMode = source.InliningMode;
        MathMode = source.MathMode;
        StaticFieldMode = source.StaticFieldMode;
        ArrayMode = source.ArrayMode;
        CachingMode = source.CachingMode;
        PageLockingMode = source.PageLockingMode;
        EnableProfiling = source.EnableProfiling;
        AlgorithmsEnabled = source.AlgorithmsEnabled;
    }

    public DebugSymbolsMode DebugSymbolsMode { get; protected set; } = DebugSymbolsMode.Auto;

    public bool EnableAssertions { get; protected set; }

    public bool EnableIOOperations { get; protected set; }

    public bool EnableVerifier { get; protected set; }

    public OptimizationLevel OptimizationLevel { get; protected set; } = OptimizationLevel.Release;

    public InliningMode InliningMode { get; protected set; } = InliningMode.Default;

    public MathMode MathMode { get; protected set; } = MathMode.Default;

    public StaticFieldMode StaticFieldMode { get; protected set; } = StaticFieldMode.Default;

    public ArrayMode ArrayMode { get; protected set; } = ArrayMode.Default;

    public CachingMode CachingMode { get; protected set; } = CachingMode.Default;

    public PageLockingMode PageLockingMode { get; protected set; } = PageLockingMode.Default;

    public bool EnableProfiling { get; protected set; }

    /// <summary>Whether EnableAlgorithms was called; the package has no such member, so it stays internal.</summary>
    internal bool AlgorithmsEnabled { get; set; }

    internal ContextProperties Snapshot() => new(this);
}
