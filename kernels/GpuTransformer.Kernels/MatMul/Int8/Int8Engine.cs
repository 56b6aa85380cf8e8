using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>The instructions that sum products of 8-bit integers; all give the same bits.</summary>
internal enum Int8Instructions
{
    /// <summary>maddubs for weights of 4 bits and madd for others, or what replaces them on other processors.</summary>
    MultiplyAdd,

    /// <summary>AVX-VNNI.</summary>
    AvxVnni,

    /// <summary>ARM's dot product.</summary>
    ArmDot,
}

/// <summary>The machine code for products of 8-bit integers with panels of one encoding in one tiling. AVX-512's own VNNI is
/// not among what .NET 10 offers.</summary>
internal unsafe struct Int8Engine
{
    /// <summary>Bytes of a block of x.</summary>
    public int XBlockBytes;

    /// <summary>What the integers of the weight have too much.</summary>
    public int ZeroPoint;

    /// <summary>Whether sums are over 16 k and not 32.</summary>
    public bool InHalves;

    /// <summary>Columns of a register of sums; a cell of a panel has one or two.</summary>
    public int Lanes;

    /// <summary>Bytes of a cell of the panel.</summary>
    public int CellBytes;

    /// <summary>Blocks of 32 k of a cell.</summary>
    public int CellBlocks;

    /// <summary>Bytes a column of a block that is widened.</summary>
    public int WideBytes;

    /// <summary>Rows of the largest tile.</summary>
    public int MaxRows;

    /// <summary>Registers of columns of the largest tile.</summary>
    public int MaxVectors;

    /// <summary>What, cells beside each other in a panel, rows up to 4.</summary>
    public delegate*<Int8FewArgs*, int, int, void> Few;

    /// <summary>Panel, cells, first block, blocks, the widened panel.</summary>
    public delegate*<byte*, int, nint, nint, byte*, void> Widen;

    /// <summary>What, registers of columns, rows.</summary>
    public delegate*<Int8TileArgs*, int, int, void> Tile;

    /// <summary>The best of this processor's instructions for a tiling.</summary>
    public static Int8Instructions Best(MatMulCpuKind kind) => kind switch
    {
        MatMulCpuKind.Avx512 or MatMulCpuKind.Avx2 when AvxVnni.IsSupported => Int8Instructions.AvxVnni,
        MatMulCpuKind.AdvSimd when Dp.IsSupported => Int8Instructions.ArmDot,
        _ => Int8Instructions.MultiplyAdd,
    };

    /// <summary>Whether there is code for an encoding.</summary>
    public static bool Has(WeightEncoding encoding) =>
        encoding is WeightEncoding.Q8_0 or WeightEncoding.Q4_0 or WeightEncoding.Q4_1 or WeightEncoding.Q4_K or WeightEncoding.Q6_K;

    public static Int8Engine Of(MatMulCpuKind kind, WeightEncoding encoding, Int8Instructions instructions) =>
        (kind, instructions) switch
        {
            (MatMulCpuKind.Avx512, Int8Instructions.AvxVnni) =>
                Of<Simd256, EncodedSimd256, Int8DotVnni, Int8DotVnni, Vector256<float>, Vector256<int>, Two>(kind, encoding),
            (MatMulCpuKind.Avx2, Int8Instructions.AvxVnni) =>
                Of<Simd256, EncodedSimd256, Int8DotVnni, Int8DotVnni, Vector256<float>, Vector256<int>, One>(kind, encoding),
            (MatMulCpuKind.Avx512, _) => OfMultiplyAdd<Simd512, EncodedSimd512, Vector512<float>, Vector512<int>>(kind, encoding),
            (MatMulCpuKind.Avx2, _) => OfMultiplyAdd<Simd256, EncodedSimd256, Vector256<float>, Vector256<int>>(kind, encoding),
            (_, Int8Instructions.ArmDot) =>
                Of<Simd128, EncodedSimd128, Int8DotArm, Int8DotArm, Vector128<float>, Vector128<int>, One>(kind, encoding),
            _ => Ssse3.IsSupported
                ? OfMultiplyAdd<Simd128, EncodedSimd128, Vector128<float>, Vector128<int>>(kind, encoding)
                : OfWords(kind, encoding),
        };

    /// <summary>Words for all encodings in 128 bits, which every processor can.</summary>
    public static Int8Engine OfWords(MatMulCpuKind kind, WeightEncoding encoding) =>
        Of<Simd128, EncodedSimd128, Int8DotWords<EncodedSimd128, Vector128<float>, Vector128<int>>,
            Int8DotWords<EncodedSimd128, Vector128<float>, Vector128<int>>, Vector128<float>, Vector128<int>, One>(kind, encoding);

    private static Int8Engine OfMultiplyAdd<TSimd, TLanes, TFloat, TInt>(MatMulCpuKind kind, WeightEncoding encoding)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TFloat : struct
        where TInt : struct =>
        Of<TSimd, TLanes, Int8DotNibbles<TLanes, TFloat, TInt>, Int8DotWords<TLanes, TFloat, TInt>, TFloat, TInt, One>(
            kind, encoding);

    /// <typeparam name="TSimd">Floats.</typeparam>
    /// <typeparam name="TLanes">Integers.</typeparam>
    /// <typeparam name="TNibbles">For weights of 4 bits.</typeparam>
    /// <typeparam name="TBytes">For others.</typeparam>
    /// <typeparam name="TFloat">Register of floats.</typeparam>
    /// <typeparam name="TInt">Register of integers.</typeparam>
    /// <typeparam name="TParts">Registers of a cell.</typeparam>
    private static Int8Engine Of<TSimd, TLanes, TNibbles, TBytes, TFloat, TInt, TParts>(
        MatMulCpuKind kind, WeightEncoding encoding)
        where TSimd : ISimd<TFloat>
        where TLanes : IInt8Lanes<TFloat, TInt>
        where TNibbles : IInt8Dot<TInt>
        where TBytes : IInt8Dot<TInt>
        where TFloat : struct
        where TInt : struct
        where TParts : ICount => encoding switch
        {
            WeightEncoding.Q8_0 => Int8Code<TSimd, TLanes, TBytes, TFloat, TInt, Int8Plain, EncodedQ8_0, TParts>.Engine(kind),
            WeightEncoding.Q4_0 => Int8Code<TSimd, TLanes, TNibbles, TFloat, TInt, Int8Plain, EncodedQ4_0, TParts>.Engine(kind),
            WeightEncoding.Q4_1 =>
                Int8Code<TSimd, TLanes, TNibbles, TFloat, TInt, Int8WithMinimum, EncodedQ4_1, TParts>.Engine(kind),
            WeightEncoding.Q4_K =>
                Int8Code<TSimd, TLanes, TNibbles, TFloat, TInt, Int8WithMinimum, EncodedQ4_K, TParts>.Engine(kind),
            _ => Int8Code<TSimd, TLanes, TBytes, TFloat, TInt, Int8InHalves, EncodedQ6_K, TParts>.Engine(kind),
        };
}

/// <summary>Tiles for one combination of registers, instructions and encoding.</summary>
internal static unsafe class Int8Code<TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts>
    where TSimd : ISimd<TFloat>
    where TLanes : IInt8Lanes<TFloat, TInt>
    where TDot : IInt8Dot<TInt>
    where TFloat : struct
    where TInt : struct
    where TForm : IInt8Form
    where TWeight : IInt8Weight
    where TParts : ICount
{
    public static Int8Engine Engine(MatMulCpuKind kind)
    {
        // 32 registers; VNNI of 256 bits has 16 on every processor.
        var isWide = kind is MatMulCpuKind.Avx512 or MatMulCpuKind.AdvSimd && TParts.Value == 1;
        return new Int8Engine
        {
            XBlockBytes = Int8Rows.BlockBytes(TDot.StepK),
            ZeroPoint = TDot.TakesUnsigned ? TWeight.ZeroPoint.Unsigned : TWeight.ZeroPoint.Signed,
            InHalves = TForm.HasHalves,
            Lanes = TSimd.Lanes,
            CellBytes = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Bytes,
            CellBlocks = Int8Cell<TSimd, TLanes, TFloat, TInt, TForm, TWeight, TParts>.Blocks,
            WideBytes = Int8Widen<TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts>.ColumnBytes,
            MaxRows = isWide ? 8 : 6,
            MaxVectors = isWide ? 3 : 2,
            Few = &RegisterTile<Int8TileFew<TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts>, Int8FewArgs>.Run,
            Widen = &Int8Widen<TSimd, TLanes, TDot, TFloat, TInt, TForm, TWeight, TParts>.Run,
            Tile = &RegisterTile<Int8Tile<TSimd, TLanes, TDot, TFloat, TInt, TForm>, Int8TileArgs>.Run,
        };
    }
}
