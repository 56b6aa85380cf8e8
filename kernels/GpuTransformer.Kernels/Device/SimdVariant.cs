using System.Runtime.Intrinsics;

namespace GpuTransformer.Kernels;

/// <summary>A CPU tile that is written once for every width of vector.</summary>
internal unsafe interface ISimdTile
{
    /// <summary>Computes one tile.</summary>
    static abstract void Tile<TSimd, TVector>(void* args, int tile)
        where TSimd : ISimd<TVector>
        where TVector : struct;
}

/// <summary>Makes the CPU variant of a tile for one width of vector; only that width is ever compiled.</summary>
internal static unsafe class SimdVariant
{
    /// <param name="name">The variant's name, to which the width is added.</param>
    /// <param name="bits">512, 256 or 128.</param>
    /// <param name="convert">Arguments as the tile reads them.</param>
    /// <param name="tileCount">Tiles of a run.</param>
    public static CpuVariant<TArgs> Of<TTile, TArgs, TCpuArgs>(
        string name, int bits, ArgsFunction<TArgs, TCpuArgs> convert, delegate*<void*, int> tileCount)
        where TTile : ISimdTile
        where TArgs : struct
        where TCpuArgs : struct => new CpuVariant<TArgs, TCpuArgs>(
            $"{name}-{bits}",
            convert,
            tileCount,
            bits switch
            {
                512 => &TTile.Tile<Simd512, Vector512<float>>,
                256 => &TTile.Tile<Simd256, Vector256<float>>,
                _ => &TTile.Tile<Simd128, Vector128<float>>,
            });
}
