using System.Runtime.CompilerServices;

namespace ILGPU;

public enum IndexType
{
    None = 0,
    Index1D = 1,
    Index2D = 2,
    Index3D = 3,
    LongIndex1D = 4,
    LongIndex2D = 5,
    LongIndex3D = 6,
    KernelConfig = 7,
}

public interface IIndex
{
    long Size { get; }
}

public interface IIntIndex : IIndex
{
    new int Size { get; }
}

public interface IIntrinsicIndex : IIndex
{
    IndexType IndexType { get; }
}

public interface IGenericIndex<TIndex> : IIndex, IEquatable<TIndex>
    where TIndex : struct, IIndex
{
    bool InBounds(TIndex dimension);

    bool InBoundsInclusive(TIndex dimension);

    TIndex Add(TIndex rhs);

    TIndex Subtract(TIndex rhs);
}

public interface IIntIndex<TIndex, TLongIndex> : IIntIndex, IIntrinsicIndex, IGenericIndex<TIndex>
    where TIndex : struct, IIntIndex<TIndex, TLongIndex>
    where TLongIndex : struct, ILongIndex<TLongIndex, TIndex>
{
    TLongIndex ToLongIndex();
}

public interface ILongIndex<TLongIndex, TIndex> : IIntrinsicIndex, IGenericIndex<TLongIndex>
    where TLongIndex : struct, ILongIndex<TLongIndex, TIndex>
    where TIndex : struct, IIntIndex<TIndex, TLongIndex>
{
    TIndex ToIntIndex();
}

public static class IndexTypeExtensions
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AssertIntIndex(long index)
    {
        if (index != (int)index)
            Execution.KernelFault.Fail($"{index} does not fit a 32-bit index.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AssertIntIndexRange(long range)
    {
        if (range != (int)range)
            Execution.KernelFault.Fail($"{range} does not fit a 32-bit range.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int GetIntSize<TIndex>(this TIndex index)
        where TIndex : struct, IIndex
    {
        AssertIntIndexRange(index.Size);
        return (int)index.Size;
    }
}
