using ILGPU.Execution;

namespace ILGPU;

/// <summary>The group's place in the grid.</summary>
public static class Grid
{
    public static int IdxX => GroupRun.Current.GridX;

    public static int IdxY => GroupRun.Current.GridY;

    public static int IdxZ => GroupRun.Current.GridZ;

    public static Index3D Index => new(IdxX, IdxY, IdxZ);

    public static int DimX => GroupRun.Current.GridDim.X;

    public static int DimY => GroupRun.Current.GridDim.Y;

    public static int DimZ => GroupRun.Current.GridDim.Z;

    public static Index3D Dimension => new(DimX, DimY, DimZ);

    public static int LinearIndex => (((IdxZ * DimY) + IdxY) * DimX) + IdxX;

    public static Index3D GlobalIndex => ComputeGlobalIndex(Index, Group.Index);

    public static LongIndex3D LongGlobalIndex => ComputeLongGlobalIndex(Index, Group.Index);

    public static int GlobalLinearIndex => (LinearIndex * Group.Dimension.Size) + Group.LinearIndex;

    public static Index1D ComputeGlobalIndex(Index1D gridIdx, Index1D groupIdx) =>
        ComputeLongGlobalIndex(gridIdx, groupIdx).ToIntIndex();

    public static Index2D ComputeGlobalIndex(Index2D gridIdx, Index2D groupIdx) =>
        ComputeLongGlobalIndex(gridIdx, groupIdx).ToIntIndex();

    public static Index3D ComputeGlobalIndex(Index3D gridIdx, Index3D groupIdx) =>
        ComputeLongGlobalIndex(gridIdx, groupIdx).ToIntIndex();

    public static LongIndex1D ComputeLongGlobalIndex(Index1D gridIdx, Index1D groupIdx) =>
        new(groupIdx.X + (gridIdx.X * (long)Group.DimX));

    public static LongIndex2D ComputeLongGlobalIndex(Index2D gridIdx, Index2D groupIdx) =>
        new(groupIdx.X + (gridIdx.X * (long)Group.DimX), groupIdx.Y + (gridIdx.Y * (long)Group.DimY));

    public static LongIndex3D ComputeLongGlobalIndex(Index3D gridIdx, Index3D groupIdx) =>
        new(
            groupIdx.X + (gridIdx.X * (long)Group.DimX),
            groupIdx.Y + (gridIdx.Y * (long)Group.DimY),
            groupIdx.Z + (gridIdx.Z * (long)Group.DimZ));
}
