namespace GpuTransformer.Kernels;

/// <summary>Where the numbers of an encoded panel lie. A panel is cut along k into cells, and a cell is made for each of its
/// registers, that is for as many columns as a register has lanes: cell (i, v) is number i · vectors + v of its panel.
/// A cell is lanes-wide in everything: first what all of it shares, then block by block the scales and the integers. In
/// words of 32 bits lie
/// F16, BF16: k = 2i in the lower half of word i, 2i + 1 in the upper;
/// Q8_0: k = 4i + j in byte j of word i, signed;
/// Q4_0, Q4_1, Q4_K: k = 8i + j in the lower and 8i + 4 + j in the upper half of byte j of word i;
/// Q6_K: the lower 4 bits like that, then one word of the upper 2 bits: k = 8i + j in bits 4i and 4i + 1 of byte j and
/// 8i + 4 + j in bits 4i + 2 and 4i + 3.</summary>
internal readonly struct EncodedLayout
{
    public WeightEncoding Encoding { get; private init; }

    /// <summary>k of a cell; a row ends with a whole one, padded with zeros.</summary>
    public int CellK { get; private init; }

    /// <summary>k of a block, which has scales of its own.</summary>
    public int BlockK { get; private init; }

    /// <summary>Bytes a column at the start of a cell: its float16 scales.</summary>
    public int SharedBytes { get; private init; }

    /// <summary>Bytes a column of a block's scales.</summary>
    public int ScaleBytes { get; private init; }

    /// <summary>Words a column of a block's integers.</summary>
    public int Words { get; private init; }

    /// <summary>Bytes a column of a block.</summary>
    public int BlockBytes { get; private init; }

    /// <summary>Bytes a column of a cell.</summary>
    public int CellBytes { get; private init; }

    /// <summary>The layout of an encoding other than F32.</summary>
    public static EncodedLayout Of(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.F16 => Of<EncodedF16>(encoding),
        WeightEncoding.BF16 => Of<EncodedBF16>(encoding),
        WeightEncoding.Q8_0 => Of<EncodedQ8_0>(encoding),
        WeightEncoding.Q4_0 => Of<EncodedQ4_0>(encoding),
        WeightEncoding.Q4_1 => Of<EncodedQ4_1>(encoding),
        WeightEncoding.Q4_K => Of<EncodedQ4_K>(encoding),
        WeightEncoding.Q6_K => Of<EncodedQ6_K>(encoding),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "not a narrow encoding"),
    };

    private static EncodedLayout Of<TWeight>(WeightEncoding encoding)
        where TWeight : IEncodedWeight => new()
        {
            Encoding = encoding,
            CellK = TWeight.CellK,
            BlockK = TWeight.BlockK,
            SharedBytes = TWeight.SharedBytes,
            ScaleBytes = TWeight.ScaleBytes,
            Words = (EncodedSizes<TWeight>.BlockBytes - TWeight.ScaleBytes) / sizeof(uint),
            BlockBytes = EncodedSizes<TWeight>.BlockBytes,
            CellBytes = EncodedSizes<TWeight>.CellBytes,
        };

    /// <summary>Cells along k.</summary>
    public int Cells(int k) => (k + CellK - 1) / CellK;

    /// <summary>Bytes of one column.</summary>
    public long ColumnBytes(int k) => (long)Cells(k) * CellBytes;

    /// <summary>Bytes of a block of a row as GGUF stores it; of two numbers for those of 16 bits.</summary>
    public static int StoredBlockBytes(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.Q8_0 => 34,
        WeightEncoding.Q4_0 => 18,
        WeightEncoding.Q4_1 => 20,
        WeightEncoding.Q4_K => 144,
        WeightEncoding.Q6_K => 210,
        _ => 2,
    };

    /// <summary>Numbers that are stored together.</summary>
    public static int StoredBlock(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.Q8_0 or WeightEncoding.Q4_0 or WeightEncoding.Q4_1 => 32,
        WeightEncoding.Q4_K or WeightEncoding.Q6_K => 256,
        _ => 1,
    };
}
