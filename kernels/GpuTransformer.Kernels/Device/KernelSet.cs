using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace GpuTransformer.Kernels;

/// <summary>Every operation of the library for one accelerator. Made once and shared by any number of threads and
/// streams; kernels are compiled when they are first used and kept. Works with a plain
/// <c>Context.CreateDefault()</c>: no kernel needs <c>EnableAlgorithms</c>.</summary>
public sealed class KernelSet
{
    /// <summary>Makes the set for an accelerator, which must outlive it.</summary>
    /// <param name="accelerator">Any CUDA, OpenCL or CPU accelerator.</param>
    /// <param name="variant">Run everything through this kind of variant; null: the best for the device. A kind that
    /// the device does not have is an error when an operation is launched, never a silent fallback.</param>
    /// <param name="tuning">Choices to take; null: those that <c>gputx tune</c> left for this device in the user's data
    /// folder, unless the environment variable <c>GPUTX_TUNING</c> is <c>off</c> or names another file.</param>
    /// <exception cref="DeviceException">An OpenCL device without the generic address space.</exception>
    public KernelSet(Accelerator accelerator, VariantKind? variant = null, TuningTable? tuning = null)
        : this(accelerator, DeviceTraits.Of(accelerator), variant, tuning)
    {
    }

    /// <summary>The same with traits that are not all the accelerator's own.</summary>
    internal KernelSet(Accelerator accelerator, DeviceTraits traits, VariantKind? variant, TuningTable? tuning)
    {
        if (accelerator is CLAccelerator cl && OpenClRefusal(cl.Name, cl.Capabilities) is { } refusal)
        {
            throw new DeviceException(refusal);
        }

        Accelerator = accelerator;
        Traits = traits;
        RequestedVariant = variant;
        Tuning = tuning ?? TuningTable.For(Traits);
        if (variant == VariantKind.Cpu && Traits.Kind != DeviceKind.Cpu)
        {
            throw new DeviceException($"Variant cpu was asked for, but {Traits.Name} is a {Traits.Kind} device.");
        }

        Compiler = new KernelCompiler(Traits);
        DevicePool = new DevicePool(accelerator, Traits);
        Workspaces = new StreamWorkspaces(this);
        MatMul = new MatMul(this);
        Activation = new Activation(this);
        SoftCap = new SoftCap(this);
        Add = new Add(this);
        Concat = new Concat(this);
        Transpose = new Transpose(this);
        Gather = new Gather(this);
        Embedding = new Embedding(this);
        StoredEmbedding = new StoredEmbedding(this);
        TokenAssembly = new TokenAssembly(this);
        MaxPool = new MaxPool(this);
        Upsample = new Upsample(this);
        Convolution = new Convolution(this);
        TopK = new TopK(this);
        Softmax = new Softmax(this);
        LayerNorm = new LayerNorm(this);
        RmsNorm = new RmsNorm(this);
        BatchNorm = new BatchNorm(this);
        GroupNorm = new GroupNorm(this);
        Rotary = new Rotary(this);
        Attention = new Attention(this);
        KeyValueWrite = new KeyValueWrite(this);
        PageCopy = new PageCopy(this);
        AttentionMap = new AttentionMap(this);
        SpatialAttention = new SpatialAttention(this);
        AdditiveAttention = new AdditiveAttention(this);
        MultiHeadAttention = new MultiHeadAttention(this);
        FeedForward = new FeedForward(this);
    }

    /// <summary>Threads that CPU variants use, the caller's included; one pool serves the process. From the start as many
    /// as the environment variable <c>GPUTX_THREADS</c> says, else one a processor up to 64.</summary>
    /// <exception cref="ShapeException">Set to less than 1 or more than 256.</exception>
    /// <exception cref="InputException"><c>GPUTX_THREADS</c> is no number from 1 to 256.</exception>
    public static int CpuThreads
    {
        get => CpuPool.Shared.Threads;
        set => CpuPool.Shared.Limit(value);
    }

    /// <summary>The accelerator that the kernels run on.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>What the accelerator can do.</summary>
    public DeviceTraits Traits { get; }

    /// <summary>The kind of variant that was asked for; null: the best for the device.</summary>
    public VariantKind? RequestedVariant { get; }

    /// <summary>The tuned choices that it takes.</summary>
    public TuningTable Tuning { get; }

    /// <summary>y = activation(scale · x · weightᵀ + bias) · gate + residual.</summary>
    public MatMul MatMul { get; }

    /// <summary>An activation, element by element.</summary>
    public Activation Activation { get; }

    /// <summary>cap · tanh(x / cap), element by element.</summary>
    public SoftCap SoftCap { get; }

    /// <summary>a + b, element by element.</summary>
    public Add Add { get; }

    /// <summary>Columns side by side.</summary>
    public Concat Concat { get; }

    /// <summary>Rows become columns.</summary>
    public Transpose Transpose { get; }

    /// <summary>Rows by index.</summary>
    public Gather Gather { get; }

    /// <summary>Token, position and type embeddings.</summary>
    public Embedding Embedding { get; }

    /// <summary>The same over a table that stays as its file stores it; on a CPU alone.</summary>
    internal StoredEmbedding StoredEmbedding { get; }

    /// <summary>Class tokens before patches, with positions.</summary>
    public TokenAssembly TokenAssembly { get; }

    /// <summary>The largest value under a kernel.</summary>
    public MaxPool MaxPool { get; }

    /// <summary>Images resized to the nearest pixel.</summary>
    public Upsample Upsample { get; }

    /// <summary>A convolution as an implicit matmul, for graphics cards.</summary>
    public Convolution Convolution { get; }

    /// <summary>The k largest of each row; argmax.</summary>
    public TopK TopK { get; }

    /// <summary>Softmax of rows.</summary>
    public Softmax Softmax { get; }

    /// <summary>LayerNorm of rows.</summary>
    public LayerNorm LayerNorm { get; }

    /// <summary>RMSNorm of rows.</summary>
    public RmsNorm RmsNorm { get; }

    /// <summary>BatchNorm for inference.</summary>
    public BatchNorm BatchNorm { get; }

    /// <summary>GroupNorm of images whose channels are adjacent.</summary>
    public GroupNorm GroupNorm { get; }
    /// <summary>Rotary position embedding.</summary>
    public Rotary Rotary { get; }

    /// <summary>Attention over paged keys and values.</summary>
    public Attention Attention { get; }

    /// <summary>Writing keys and values into pages.</summary>
    public KeyValueWrite KeyValueWrite { get; }

    /// <summary>Copying pages of keys and values.</summary>
    public PageCopy PageCopy { get; }

    /// <summary>Attention weights, for looking at.</summary>
    public AttentionMap AttentionMap { get; }

    /// <summary>Attention weights over heads and positions together.</summary>
    public SpatialAttention SpatialAttention { get; }

    /// <summary>Additive (Bahdanau's) attention.</summary>
    public AdditiveAttention AdditiveAttention { get; }

    /// <summary>Multi-head attention with its projections.</summary>
    public MultiHeadAttention MultiHeadAttention { get; }

    /// <summary>The feed-forward block of a transformer layer.</summary>
    public FeedForward FeedForward { get; }

    /// <summary>Memory that weights, sessions and workspaces of this set hold on the device.</summary>
    public MemoryReport Memory => DevicePool.Report;

    /// <summary>Kernels that were compiled up to now and the time that took. A kernel is compiled when it is first needed:
    /// at its first launch, or for a model, whose kernels are all known, before the first run.</summary>
    public CompileReport Compiled => Compiler.Report;

    /// <summary>Told when kernels were compiled ahead of a model's first run; called on the thread that needs them.</summary>
    public Action<CompileReport>? CompileNotice
    {
        get => Compiler.Notice;
        set => Compiler.Notice = value;
    }

    /// <summary>Why no kernel runs on an OpenCL device; null: they do.</summary>
    internal static string? OpenClRefusal(string name, CLCapabilityContext capabilities) => capabilities.GenericAddressSpace
        ? null
        : $"{name}: this OpenCL device has no generic address space (OpenCL C 2.0), which ILGPU's kernels need.";

    internal KernelCompiler Compiler { get; }

    internal CpuPool Pool { get; } = CpuPool.Shared;

    internal DevicePool DevicePool { get; }

    internal StreamWorkspaces Workspaces { get; }
}
