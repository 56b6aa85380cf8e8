namespace GpuTransformer.Kernels;

/// <summary>Passes the arguments by reference: they hold many views.</summary>
internal delegate TResult ArgsFunction<TArgs, out TResult>(in TArgs args) where TArgs : struct;

/// <summary>Whether a device can run a variant for these arguments.</summary>
internal delegate bool VariantPredicate<TArgs>(DeviceTraits traits, in TArgs args) where TArgs : struct;

/// <summary>One entry of an operation's table: a way to compute it, and when it may be taken.</summary>
internal abstract class Variant<TArgs>
    where TArgs : struct
{
    protected Variant(string name, VariantKind kind, VariantPredicate<TArgs>? supports)
    {
        Name = name;
        Kind = kind;
        _supports = supports;
    }

    private readonly VariantPredicate<TArgs>? _supports;

    /// <summary>Operation and technique, as reports show it.</summary>
    public string Name { get; }

    public VariantKind Kind { get; }

    /// <summary>Whether a device can run it for these arguments, and it is meant for them.</summary>
    public virtual bool Supports(DeviceTraits traits, in TArgs args) => _supports is null || _supports(traits, args);

    /// <summary>Whether a device can run it for these arguments, though another may be meant for them: what tuning tries.</summary>
    public virtual bool Allows(DeviceTraits traits, in TArgs args) => Supports(traits, args);
}

/// <summary>A variant that is a SIMD tile over the process's thread pool.</summary>
internal abstract unsafe class CpuVariant<TArgs> : Variant<TArgs>
    where TArgs : struct
{
    protected CpuVariant(string name, VariantPredicate<TArgs>? supports)
        : base(name, VariantKind.Cpu, supports)
    {
    }

    public override bool Supports(DeviceTraits traits, in TArgs args) =>
        traits.Kind == DeviceKind.Cpu && base.Supports(traits, args);

    /// <summary>Computes now, on the caller's thread and the pool; allocates nothing.</summary>
    public abstract void Run(CpuPool pool, in TArgs args);

    /// <summary>Converts the arguments once, into memory of their own.</summary>
    public abstract BoundOperation Bind(CpuPool pool, in TArgs args, OperationInfo info);
}

/// <summary>A CPU variant with the argument type that its tile reads.</summary>
internal sealed unsafe class CpuVariant<TArgs, TCpuArgs> : CpuVariant<TArgs>
    where TArgs : struct
    where TCpuArgs : struct
{
    private readonly ArgsFunction<TArgs, TCpuArgs> _convert;
    private readonly delegate*<void*, int> _tileCount;
    private readonly delegate*<void*, int, void> _tile;

    public CpuVariant(
        string name,
        ArgsFunction<TArgs, TCpuArgs> convert,
        delegate*<void*, int> tileCount,
        delegate*<void*, int, void> tile,
        VariantPredicate<TArgs>? supports = null)
        : base(name, supports)
    {
        _convert = convert;
        _tileCount = tileCount;
        _tile = tile;
    }

    public override void Run(CpuPool pool, in TArgs args)
    {
        // On the stack: a user's epilogue may hold views, whose references the collector then still sees.
        var cpuArgs = _convert(args);
        var step = new CpuStep(_tileCount, _tile, System.Runtime.CompilerServices.Unsafe.AsPointer(ref cpuArgs));
        pool.Walk(&step, 1);
    }

    public override BoundOperation Bind(CpuPool pool, in TArgs args, OperationInfo info) =>
        new BoundCpuOperation<TArgs, TCpuArgs>(pool, args, _convert(args), _tileCount, _tile, info);
}
