using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>The machine code for one encoding in one tiling.</summary>
internal unsafe struct EncodedEngine
{
    /// <summary>Bytes of a cell of one register's columns.</summary>
    public int CellBytes;

    /// <summary>k of a cell.</summary>
    public int CellK;

    /// <summary>k of a block.</summary>
    public int BlockK;

    /// <summary>Panel, its registers, the first k, how many, the float32 panel.</summary>
    public delegate*<byte*, int, nint, nint, float*, void> Widen;

    /// <summary>What, registers a panel, rows.</summary>
    public delegate*<EncodedTileArgs*, int, int, void> Tile;

    public static EncodedEngine Of(MatMulCpuKind kind, WeightEncoding encoding) => kind switch
    {
        MatMulCpuKind.Avx512 => Of<Simd512, EncodedSimd512, Vector512<float>>(encoding),
        MatMulCpuKind.Avx2 => Of<Simd256, EncodedSimd256, Vector256<float>>(encoding),
        _ => Of<Simd128, EncodedSimd128, Vector128<float>>(encoding),
    };

    private static EncodedEngine Of<TSimd, TBits, TVector>(WeightEncoding encoding)
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct => encoding switch
        {
            WeightEncoding.F16 => Of<TSimd, TBits, TVector, EncodedF16>(),
            WeightEncoding.BF16 => Of<TSimd, TBits, TVector, EncodedBF16>(),
            WeightEncoding.Q8_0 => Of<TSimd, TBits, TVector, EncodedQ8_0>(),
            WeightEncoding.Q4_0 => Of<TSimd, TBits, TVector, EncodedQ4_0>(),
            WeightEncoding.Q4_1 => Of<TSimd, TBits, TVector, EncodedQ4_1>(),
            WeightEncoding.Q4_K => Of<TSimd, TBits, TVector, EncodedQ4_K>(),
            WeightEncoding.Q6_K => Of<TSimd, TBits, TVector, EncodedQ6_K>(),
            _ => default,
        };

    private static EncodedEngine Of<TSimd, TBits, TVector, TWeight>()
        where TSimd : ISimd<TVector>
        where TBits : IEncodedSimd<TVector>
        where TVector : struct
        where TWeight : IEncodedWeight => new()
        {
            CellBytes = EncodedSizes<TWeight>.CellBytes * TSimd.Lanes,
            CellK = TWeight.CellK,
            BlockK = TWeight.BlockK,
            Tile = &RegisterTile<EncodedTile<TSimd, TBits, TVector, TWeight>, EncodedTileArgs>.Run,
            Widen = &EncodedWiden<TSimd, TBits, TVector, TWeight>.Run,
        };
}
