using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace GpuTransformer.Kernels;

/// <summary>The register tilings of the CPU matmul. Which one also decides how weights are packed.</summary>
internal enum MatMulCpuKind
{
    /// <summary>8 x 48 tile in 32 registers of 512 bits.</summary>
    Avx512,

    /// <summary>6 x 16 tile in 16 registers of 256 bits.</summary>
    Avx2,

    /// <summary>6 x 8 tile in 16 registers of 128 bits.</summary>
    Sse,

    /// <summary>8 x 12 tile in 32 registers of 128 bits.</summary>
    AdvSimd,
}

/// <summary>One tiling: its sizes and its machine code.</summary>
internal unsafe struct MatMulCpuEngine
{
    public MatMulCpuKind Kind;

    /// <summary>Floats in a register.</summary>
    public int Lanes;

    /// <summary>Columns of a whole panel of the weight.</summary>
    public int PanelWidth;

    /// <summary>Rows of the largest tile.</summary>
    public int MaxRows;

    /// <summary>Up to this many rows, two panels are read at once.</summary>
    public int PairRows;

    /// <summary>One panel: what, registers a panel, rows.</summary>
    public delegate*<MatMulCpuTileArgs*, int, int, void> Tile;

    /// <summary>Two panels: what, registers a panel, rows.</summary>
    public delegate*<MatMulCpuTileArgs*, int, int, void> Pair;

    /// <summary>The standard epilogue over finished sums.</summary>
    public delegate*<MatMulCpuArgs*, MatMulCpuBlock*, void*, void> Finish;

    /// <summary>The best tiling for this processor.</summary>
    public static MatMulCpuKind Best => DeviceTraits.WidestSimd switch
    {
        512 => MatMulCpuKind.Avx512,
        256 => MatMulCpuKind.Avx2,
        _ => AdvSimd.IsSupported ? MatMulCpuKind.AdvSimd : MatMulCpuKind.Sse,
    };

    public static MatMulCpuEngine Of(MatMulCpuKind kind) => kind switch
    {
        MatMulCpuKind.Avx512 => Wide<Simd512, Vector512<float>>(kind),
        MatMulCpuKind.Avx2 => Narrow<Simd256, Vector256<float>>(kind),
        MatMulCpuKind.Sse => Narrow<Simd128, Vector128<float>>(kind),
        _ => Wide<Simd128, Vector128<float>>(kind),
    };

    /// <summary>For 32 registers.</summary>
    private static MatMulCpuEngine Wide<TSimd, TVector>(MatMulCpuKind kind)
        where TSimd : ISimd<TVector>
        where TVector : struct =>
        Of<TSimd, TVector>(kind, vectors: 3, maxRows: 8, pairRows: 4);

    /// <summary>For 16 registers.</summary>
    private static MatMulCpuEngine Narrow<TSimd, TVector>(MatMulCpuKind kind)
        where TSimd : ISimd<TVector>
        where TVector : struct =>
        Of<TSimd, TVector>(kind, vectors: 2, maxRows: 6, pairRows: 2);

    private static MatMulCpuEngine Of<TSimd, TVector>(MatMulCpuKind kind, int vectors, int maxRows, int pairRows)
        where TSimd : ISimd<TVector>
        where TVector : struct => new()
        {
            Kind = kind,
            Lanes = TSimd.Lanes,
            PanelWidth = vectors * TSimd.Lanes,
            MaxRows = maxRows,
            PairRows = pairRows,
            Tile = &RegisterTile<MatMulCpuTile<TSimd, TVector>, MatMulCpuTileArgs>.Run,
            Pair = &RegisterTile<MatMulCpuPair<TSimd, TVector>, MatMulCpuTileArgs>.Run,
            Finish = &MatMulCpuEpilogue<TSimd, TVector>.Finish,
        };
}
