using ILGPU.Execution;

namespace ILGPU;

/// <summary>The thread's place in its group, and what the group does together.</summary>
public static class Group
{
    public static int IdxX => GroupRun.Current.IdxX;

    public static int IdxY => GroupRun.Current.IdxY;

    public static int IdxZ => GroupRun.Current.IdxZ;

    public static Index3D Index => new(IdxX, IdxY, IdxZ);

    public static int DimX => GroupRun.Current.GroupDim.X;

    public static int DimY => GroupRun.Current.GroupDim.Y;

    public static int DimZ => GroupRun.Current.GroupDim.Z;

    public static Index3D Dimension => new(DimX, DimY, DimZ);

    public static int LinearIndex => (((IdxZ * DimY) + IdxY) * DimX) + IdxX;

    public static bool IsFirstThread => LinearIndex == 0;

    public static bool IsLastThread => IdxX == DimX - 1 && IdxY == DimY - 1 && IdxZ == DimZ - 1;

    public static void Barrier() => GroupRun.Current.GroupBarrier(Rendezvous.Barrier);

    public static int BarrierPopCount(bool predicate) => GroupRun.Current.Count(predicate);

    public static bool BarrierAnd(bool predicate)
    {
        var run = GroupRun.Current;
        return run.Count(predicate) == run.GroupSize;
    }

    public static bool BarrierOr(bool predicate) => GroupRun.Current.Count(predicate) > 0;

    public static T Broadcast<T>(T value, int groupIndex)
        where T : unmanaged => GroupRun.Current.GroupBroadcast(value, groupIndex);
}
