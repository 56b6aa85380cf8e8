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
    private EncodedLayout(WeightEncoding encoding, int cellK, int blockK, int sharedBytes, int scaleBytes, int words)
    {
        Encoding = encoding;
        CellK = cellK;
        BlockK = blockK;
        SharedBytes = sharedBytes;
        ScaleBytes = scaleBytes;
        Words = words;
    }

    public WeightEncoding Encoding { get; }

    /// <summary>k of a cell; a row ends with a whole one, padded with zeros.</summary>
    public int CellK { get; }

    /// <summary>k of a block, which has scales of its own.</summary>
    public int BlockK { get; }

    /// <summary>Bytes a column at the start of a cell: its float16 scales.</summary>
    public int SharedBytes { get; }

    /// <summary>Bytes a column of a block's scales.</summary>
    public int ScaleBytes { get; }

    /// <summary>Words a column of a block's integers.</summary>
    public int Words { get; }

    /// <summary>Bytes a column of a block.</summary>
    public int BlockBytes => ScaleBytes + Words * sizeof(uint);

    /// <summary>Bytes a column of a cell.</summary>
    public int CellBytes => SharedBytes + CellK / BlockK * BlockBytes;

    /// <summary>The layout of an encoding other than F32.</summary>
    public static EncodedLayout Of(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.F16 or WeightEncoding.BF16 => new(encoding, 32, 32, 0, 0, 16),
        WeightEncoding.Q8_0 => new(encoding, 32, 32, 2, 0, 8),
        WeightEncoding.Q4_0 => new(encoding, 32, 32, 2, 0, 4),
        WeightEncoding.Q4_1 => new(encoding, 32, 32, 4, 0, 4),
        WeightEncoding.Q4_K => new(encoding, 256, 32, 4, 2, 4),
        WeightEncoding.Q6_K => new(encoding, 256, 16, 2, 1, 3),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "not a narrow encoding"),
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
