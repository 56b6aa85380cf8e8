using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;

namespace GpuTransformer.Kernels;

/// <summary>Runs a <see cref="PanelWalk"/> over up to <see cref="AttentionCpuState.TileRows"/> rows with the tile that fits their number.</summary>
internal static unsafe class PanelProduct<TSimd, TVector>
    where TSimd : ISimd<TVector>
    where TVector : struct
{
    /// <summary>Registers of columns of the tile of 6 rows: four where there are 32 registers, two where there are 16.</summary>
    private static int MostRegisters => TSimd.Lanes == 16 || AdvSimd.IsSupported ? 4 : 2;

    /// <summary>Registers that the next tile over <paramref name="left"/> registers of columns takes: as many as keep the
    /// multiply-adders busy, and a one only where there is no more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Registers(int rows, int left)
    {
        if (rows == 1)
        {
            return left >= 4 ? 4 : 1;
        }

        if (rows > 4)
        {
            return left >= MostRegisters ? MostRegisters : left >= 2 ? 2 : 1;
        }

        return left is 3 or >= 5 ? 3 : left == 1 ? 1 : 2;
    }

    /// <summary>How many such tiles over <paramref name="left"/> registers of columns one run takes: one, where the tile does not
    /// repeat itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Tiles(int rows, int registers, int left) => rows > 4 && registers == 2 ? left / 2 : 1;

    /// <summary>Runs the tile of <paramref name="registers"/> columns; A and C must hold as many rows as the tile has,
    /// the next of 1, 4 and 6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in PanelWalk walk, int rows, int registers)
    {
        if (rows > 4)
        {
            switch (registers)
            {
                case 4: PanelTile6<TSimd, TVector>.Run4(walk); break;
                case 2: PanelTile6<TSimd, TVector>.Run2(walk); break;
                default: PanelTile6<TSimd, TVector>.Run1(walk); break;
            }
        }
        else if (rows > 1)
        {
            switch (registers)
            {
                case 3: PanelTile4<TSimd, TVector>.Run3(walk); break;
                case 2: PanelTile4<TSimd, TVector>.Run2(walk); break;
                default: PanelTile4<TSimd, TVector>.Run1(walk); break;
            }
        }
        else if (registers == 4)
        {
            PanelTile1<TSimd, TVector>.Run4(walk);
        }
        else
        {
            PanelTile1<TSimd, TVector>.Run1(walk);
        }
    }
}
