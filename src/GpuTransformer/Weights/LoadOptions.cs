using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>How matrices keep their numbers. Null: as the file stores them, wherever products then have the same bits
    /// as over float32: F16 and BF16, and on a CPU GGUF's Q8_0, Q4_0, Q4_1, Q4_K and Q6_K; all else becomes F32. Matrices of
    /// one product that are stored in different ways become a product each. F32, F16, BF16, Q8_0, Q4_0: all matrices so.
    /// Norms, biases and convolutions are float32 always; token embeddings stay as they are stored where
    /// <see cref="MapsTables"/> says so, and are float32 elsewhere.</summary>
    public WeightEncoding? Weights
    {
        get;
        init => field = value is null or WeightEncoding.F32 or WeightEncoding.F16 or WeightEncoding.BF16 or WeightEncoding.Q8_0 or WeightEncoding.Q4_0
            ? value
            : throw new ArgumentException($"weights {value}: expected F32, F16, BF16, Q8_0 or Q4_0; others are taken from files alone.");
    }

    /// <summary>How products treat their activations: as float32, or rounded to 8 bits where a matrix on a CPU is encoded in
    /// integers.</summary>
    public ActivationEncoding Activations { get; init; }

    /// <summary>On a CPU, token embeddings are read where their file is mapped, in memory that processes share, and are not
    /// copied. The file then stays mapped while the model lives: replace it by renaming another over it. A program that
    /// shortens it in place makes Linux end this process (SIGBUS). False: they are copied as float32.</summary>
    public bool MapsTables { get; init; } = true;

    /// <summary>The tokenizer is read while the weights are packed, on another thread; without it, when it is first asked
    /// for.</summary>
    public bool ReadsTokenizer { get; init; }
}
