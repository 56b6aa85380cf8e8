using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>How large the cases are, and how long all may take: a graphics card is given shapes that fill it, a processor
/// the same shapes where they are small and smaller ones elsewhere.</summary>
internal sealed record RooflineScale
{
    private const long Megabyte = 1 << 20;

    /// <summary>y (4096, 4096) and (4096, 3072): matmuls that fill a card.</summary>
    public required IReadOnlyList<MatMulShape> LargeMatMuls { get; init; }

    /// <summary>Those of a transformer's layer over 512 tokens.</summary>
    public required IReadOnlyList<MatMulShape> LayerMatMuls { get; init; }

    /// <summary>The scores of eight sequences' twelve heads.</summary>
    public required int BatchedMatMuls { get; init; }

    /// <summary>Tokens of a batch that attends.</summary>
    public required int AttentionTokens { get; init; }

    /// <summary>Tokens of each of its sequences.</summary>
    public required IReadOnlyList<int> AttentionLengths { get; init; }

    /// <summary>Bytes that an operation on rows reads, and as many that it writes.</summary>
    public required long ArrayBytes { get; init; }

    /// <summary>Bytes of the weights that one row is multiplied with in turn, at least.</summary>
    public required long RingBytes { get; init; }

    /// <summary>The shape of each of those products.</summary>
    public required IReadOnlyList<MatMulShape> RingMatMuls { get; init; }

    /// <summary>How those weights are stored.</summary>
    public required IReadOnlyList<WeightEncoding> RingEncodings { get; init; }

    /// <summary>Sequences of 128 tokens through BERT-base.</summary>
    public required IReadOnlyList<int> BertSequences { get; init; }

    /// <summary>Keys that a decoder's step sees.</summary>
    public required int DecoderKeys { get; init; }

    /// <summary>The time for all sections together.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>Rounds at most.</summary>
    public required int Rounds { get; init; }

    /// <summary>The scale for a device.</summary>
    /// <param name="traits">The device.</param>
    /// <param name="quick">Half the time.</param>
    public static RooflineScale Of(DeviceTraits traits, bool quick)
    {
        ArgumentNullException.ThrowIfNull(traits);
        var scale = traits.Kind == DeviceKind.Cpu ? Processor : traits.IsOpenClCpu ? OpenClProcessor : Card(traits.MemoryBytes);
        return quick ? scale with { Limit = scale.Limit / 2, Rounds = 5 } : scale;
    }

    private static MatMulShape[] Layer { get; } = [new(512, 768, 768), new(512, 768, 2304), new(512, 3072, 768), new(512, 768, 3072)];

    private static RooflineScale Processor { get; } = new()
    {
        LargeMatMuls = [new(1024, 1024, 1024), new(1024, 768, 3072)],
        LayerMatMuls = Layer,
        BatchedMatMuls = 96,
        AttentionTokens = 2048,
        AttentionLengths = [128, 512, 2048],
        ArrayBytes = ProcessorCaches.BytesBeyondCaches / 2,
        RingBytes = ProcessorCaches.BytesBeyondCaches,
        RingMatMuls = [new(1, 4096, 4096)],
        RingEncodings = [WeightEncoding.F32, WeightEncoding.Q8_0],
        BertSequences = [1, 4],
        DecoderKeys = 128,
        Limit = TimeSpan.FromSeconds(50),
        Rounds = 9,
    };

    private static RooflineScale OpenClProcessor { get; } = Processor with
    {
        LargeMatMuls = [new(256, 256, 256), new(256, 768, 768)],
        LayerMatMuls = [new(128, 768, 768)],
        BatchedMatMuls = 12,
        AttentionTokens = 512,
        AttentionLengths = [128, 512],
        ArrayBytes = 16 * Megabyte,
        RingBytes = 32 * Megabyte,
        RingMatMuls = [new(1, 1024, 4096)],
        RingEncodings = [WeightEncoding.F32, WeightEncoding.F16, WeightEncoding.Q8_0],
        BertSequences = [1],
        Limit = TimeSpan.FromSeconds(100),
        Rounds = 5,
    };

    private static RooflineScale Card(long memoryBytes) => new()
    {
        LargeMatMuls = [new(4096, 4096, 4096), new(4096, 768, 3072)],
        LayerMatMuls = Layer,
        BatchedMatMuls = 96,
        AttentionTokens = 16_384,
        AttentionLengths = [128, 512, 2048],

        // Beyond every cache; a small card keeps room for the models.
        ArrayBytes = Math.Clamp(memoryBytes / 16 / Megabyte, 64, 512) * Megabyte,
        RingBytes = Math.Clamp(memoryBytes / 16 / Megabyte, 64, 512) * Megabyte,
        RingMatMuls = [new(1, 4096, 4096), new(1, 4096, 14_336)],
        RingEncodings = [WeightEncoding.F32, WeightEncoding.F16, WeightEncoding.Q8_0],
        BertSequences = [1, 32],
        DecoderKeys = 1024,
        Limit = TimeSpan.FromSeconds(140),
        Rounds = 15,
    };
}
