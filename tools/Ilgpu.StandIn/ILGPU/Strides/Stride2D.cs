namespace ILGPU;

/// <summary>Strides of two-dimensional views.</summary>
public static class Stride2D
{
    public delegate long GetLeadingDimensionSize(LongIndex2D extent);

    public delegate TStride BuildStride<TStride>(LongIndex2D extent, int leadingDimension)
        where TStride : struct, IStride2D;

    /// <summary>Neighbours along X lie side by side: column-major.</summary>
    public readonly struct DenseX : IStride2D
    {
        public DenseX(int yStride)
        {
            if (yStride < 1)
                Execution.KernelFault.Fail($"A leading dimension of {yStride} is not positive.");
            YStride = yStride;
        }

        public int XStride => 1;

        public int YStride { get; }

        public Index2D StrideExtent => new(XStride, YStride);

        public static DenseX FromExtent(Index2D extent) => new(extent.X);

        public static DenseX FromExtent(LongIndex2D extent)
        {
            IndexTypeExtensions.AssertIntIndex(extent.X);
            return new((int)extent.X);
        }

        public int ComputeElementIndex(Index2D index) => (index.X * XStride) + (index.Y * YStride);

        public long ComputeElementIndex(LongIndex2D index) => (index.X * XStride) + (index.Y * YStride);

        public int ComputeElementIndexChecked(Index2D index, Index2D extent) =>
            (int)StrideChecks.Element(ComputeElementIndex(index), index.X, index.Y, extent.X, extent.Y);

        public long ComputeElementIndexChecked(LongIndex2D index, LongIndex2D extent) =>
            StrideChecks.Element(ComputeElementIndex(index), index.X, index.Y, extent.X, extent.Y);

        public Index2D ReconstructFromElementIndex(int elementIndex) =>
            new(elementIndex % YStride, elementIndex / YStride);

        public LongIndex2D ReconstructFromElementIndex(long elementIndex) =>
            new(elementIndex % YStride, elementIndex / YStride);

        public int ComputeBufferLength(Index2D extent) =>
            extent.X == 0 || extent.Y == 0 ? 0 : ComputeElementIndex(extent - Index2D.One) + 1;

        public long ComputeBufferLength(LongIndex2D extent) =>
            extent.X == 0 || extent.Y == 0 ? 0 : ComputeElementIndex(extent - LongIndex2D.One) + 1;

        public General AsGeneral() => new(StrideExtent);

        public Stride1D.General To1DStride() => new(XStride);

        public override string ToString() => StrideExtent.ToString();
    }

    /// <summary>Neighbours along Y lie side by side: row-major.</summary>
    public readonly struct DenseY : IStride2D
    {
        public DenseY(int xStride)
        {
            if (xStride < 1)
                Execution.KernelFault.Fail($"A leading dimension of {xStride} is not positive.");
            XStride = xStride;
        }

        public int XStride { get; }

        public int YStride => 1;

        public Index2D StrideExtent => new(XStride, YStride);

        public static DenseY FromExtent(Index2D extent) => new(extent.Y);

        public static DenseY FromExtent(LongIndex2D extent)
        {
            IndexTypeExtensions.AssertIntIndex(extent.Y);
            return new((int)extent.Y);
        }

        public int ComputeElementIndex(Index2D index) => (index.X * XStride) + (index.Y * YStride);

        public long ComputeElementIndex(LongIndex2D index) => (index.X * XStride) + (index.Y * YStride);

        public int ComputeElementIndexChecked(Index2D index, Index2D extent) =>
            (int)StrideChecks.Element(ComputeElementIndex(index), index.X, index.Y, extent.X, extent.Y);

        public long ComputeElementIndexChecked(LongIndex2D index, LongIndex2D extent) =>
            StrideChecks.Element(ComputeElementIndex(index), index.X, index.Y, extent.X, extent.Y);

        public Index2D ReconstructFromElementIndex(int elementIndex) =>
            new(elementIndex / XStride, elementIndex % XStride);

        public LongIndex2D ReconstructFromElementIndex(long elementIndex) =>
            new(elementIndex / XStride, elementIndex % XStride);

        public int ComputeBufferLength(Index2D extent) =>
            extent.X == 0 || extent.Y == 0 ? 0 : ComputeElementIndex(extent - Index2D.One) + 1;

        public long ComputeBufferLength(LongIndex2D extent) =>
            extent.X == 0 || extent.Y == 0 ? 0 : ComputeElementIndex(extent - LongIndex2D.One) + 1;

        public General AsGeneral() => new(StrideExtent);

        public Stride1D.General To1DStride() => new(YStride);

        public override string ToString() => StrideExtent.ToString();
    }

    /// <summary>Both strides are run-time numbers.</summary>
    public struct General : IStride2D
    {
        public General(Index2D stride)
        {
            if (stride.X < 0 || stride.Y < 0)
                Execution.KernelFault.Fail($"A stride of {stride} is negative.");
            StrideExtent = stride;
        }

        public Index2D StrideExtent { get; }

        public int XStride => StrideExtent.X;

        public int YStride => StrideExtent.Y;

        public int ComputeElementIndex(Index2D index) => (index.X * XStride) + (index.Y * YStride);

        public long ComputeElementIndex(LongIndex2D index) => (index.X * XStride) + (index.Y * YStride);

        public int ComputeElementIndexChecked(Index2D index, Index2D extent) =>
            (int)StrideChecks.Element(ComputeElementIndex(index), index.X, index.Y, extent.X, extent.Y);

        public long ComputeElementIndexChecked(LongIndex2D index, LongIndex2D extent) =>
            StrideChecks.Element(ComputeElementIndex(index), index.X, index.Y, extent.X, extent.Y);

        public Index2D ReconstructFromElementIndex(int elementIndex) =>
            XStride > YStride
                ? new(elementIndex / XStride, elementIndex % XStride / YStride)
                : new(elementIndex % YStride, elementIndex / YStride / XStride);

        public LongIndex2D ReconstructFromElementIndex(long elementIndex) =>
            XStride > YStride
                ? new(elementIndex / XStride, elementIndex % XStride / YStride)
                : new(elementIndex % YStride, elementIndex / YStride / XStride);

        public int ComputeBufferLength(Index2D extent) =>
            extent.X == 0 || extent.Y == 0 ? 0 : ComputeElementIndex(extent - Index2D.One) + 1;

        public long ComputeBufferLength(LongIndex2D extent) =>
            extent.X == 0 || extent.Y == 0 ? 0 : ComputeElementIndex(extent - LongIndex2D.One) + 1;

        public General AsGeneral() => this;

        public Stride1D.General To1DStride() => new(XStride);

        public override string ToString() => StrideExtent.ToString();
    }
}
