using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>A block of one register's columns while its numbers are widened, four registers.</summary>
internal unsafe struct EncodedColumn<TSimd, TBits, TVector, TWeight>
    where TSimd : ISimd<TVector>
    where TBits : IEncodedSimd<TVector>
    where TVector : struct
    where TWeight : IEncodedWeight
{
    private TVector _scale;
    private TVector _minimum;
    private TVector _upper;
    private TVector _words;

    /// <summary>Goes to a block of a cell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(byte* cell, byte* block)
    {
        TWeight.Scales<TSimd, TBits, TVector>(cell, block, TSimd.Lanes, 0, out _scale, out _minimum);
        TWeight.Prepare<TSimd, TBits, TVector>(ref _scale, ref _minimum);
        if (TWeight.HasUpper)
        {
            _upper = TSimd.Load((float*)(block + EncodedSizes<TWeight>.UpperBytes * TSimd.Lanes));
        }
    }

    /// <summary>Loads the block's next words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(byte* words) => _words = TSimd.Load((float*)words);

    /// <summary>The number at a place of the words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TVector Number(int place) =>
        TWeight.Number<TSimd, TBits, TVector>(_words, _upper, place, _scale, _minimum);

    /// <summary>Leaves the words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next()
    {
        if (TWeight.HasUpper)
        {
            _upper = TBits.ShiftRight(_upper, 4);
        }
    }
}
