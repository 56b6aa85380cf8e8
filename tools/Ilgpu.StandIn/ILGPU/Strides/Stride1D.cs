namespace ILGPU;

/// <summary>Strides of one-dimensional views.</summary>
public static class Stride1D
{
    /// <summary>Neighbours lie side by side.</summary>
    public readonly struct Dense : IStride1D
    {
        public Index1D StrideExtent => Index1D.One;

        public int XStride => 1;

        public int ComputeElementIndex(Index1D index) => index;

        public long ComputeElementIndex(LongIndex1D index) => index;

        public int ComputeElementIndexChecked(Index1D index, Index1D extent) =>
            (int)StrideChecks.Element(index.X, index.X, extent.X);

        public long ComputeElementIndexChecked(LongIndex1D index, LongIndex1D extent) =>
            StrideChecks.Element(index.X, index.X, extent.X);

        public Index1D ReconstructFromElementIndex(int elementIndex) => elementIndex;

        public LongIndex1D ReconstructFromElementIndex(long elementIndex) => elementIndex;

        public int ComputeBufferLength(Index1D extent) => extent;

        public long ComputeBufferLength(LongIndex1D extent) => extent;

        public General AsGeneral() => new(XStride);

        public General To1DStride() => AsGeneral();

        public override string ToString() => "<dense>";
    }

    /// <summary>Neighbours lie a run-time number of elements apart.</summary>
    public struct General : IStride1D
    {
        public General(Index1D stride)
        {
            if (stride.X < 0)
                Execution.KernelFault.Fail($"A stride of {stride.X} is negative.");
            StrideExtent = stride;
        }

        public Index1D StrideExtent { get; }

        public int XStride => StrideExtent.X;

        public int ComputeElementIndex(Index1D index) => index.X * XStride;

        public long ComputeElementIndex(LongIndex1D index) => index.X * XStride;

        public int ComputeElementIndexChecked(Index1D index, Index1D extent) =>
            (int)StrideChecks.Element((long)index.X * XStride, index.X, extent.X);

        public long ComputeElementIndexChecked(LongIndex1D index, LongIndex1D extent) =>
            StrideChecks.Element(index.X * XStride, index.X, extent.X);

        public Index1D ReconstructFromElementIndex(int elementIndex) => new(elementIndex);

        public LongIndex1D ReconstructFromElementIndex(long elementIndex) => new(elementIndex);

        public int ComputeBufferLength(Index1D extent) =>
            extent.X == 0 ? 0 : ((extent.X - 1) * XStride) + 1;

        public long ComputeBufferLength(LongIndex1D extent) =>
            extent.X == 0 ? 0 : ((extent.X - 1) * XStride) + 1;

        public General AsGeneral() => this;

        public General To1DStride() => new(XStride);

        public override string ToString() => StrideExtent.ToString();
    }
}
