using System.Collections.Immutable;

namespace ILGPU.IR.Transformations
{
    /// <summary>A pass of the compiler: here only its name, since nothing is compiled.</summary>
    public abstract class Transformation
    {
        internal Transformation()
        { }
    }

    public readonly struct TransformerConfiguration
    {
        public static readonly TransformerConfiguration Empty;
    }

    /// <summary>Passes in their order.</summary>
    public readonly struct Transformer
    {
        private Transformer(ImmutableArray<Transformation> transformations)
        {
            Transformations = transformations;
        }

        public ImmutableArray<Transformation> Transformations { get; }

        public static Builder CreateBuilder(TransformerConfiguration configuration) => new([]);

        public struct Builder
        {
            private readonly List<Transformation> passes;

            internal Builder(List<Transformation> passes)
            {
                this.passes = passes;
            }

            public void Add(Transformation transformation) =>
                passes.Add(transformation ?? throw new ArgumentNullException(nameof(transformation)));

            public Transformer ToTransformer() => new([.. passes]);
        }
    }

    public sealed class LowerArrays : Transformation
    {
        public LowerArrays(MemoryAddressSpace targetAddressSpace)
        {
            TargetAddressSpace = targetAddressSpace;
        }

        public MemoryAddressSpace TargetAddressSpace { get; }
    }

    public sealed class LowerStructures : Transformation
    { }

    public sealed class UnreachableCodeElimination : Transformation
    { }

    public sealed class DeadCodeElimination : Transformation
    { }

    public sealed class SSAStructureConstruction : Transformation
    { }

    public sealed class InferLocalAddressSpaces : Transformation
    { }

    public sealed class InferKernelAddressSpaces : Transformation
    {
        public InferKernelAddressSpaces(MemoryAddressSpace kernelAddressSpace)
        {
            KernelAddressSpace = kernelAddressSpace;
        }

        public MemoryAddressSpace KernelAddressSpace { get; }
    }
}

namespace ILGPU.Backends.PointerViews
{
    public sealed class LowerPointerViews : IR.Transformations.Transformation
    { }
}
