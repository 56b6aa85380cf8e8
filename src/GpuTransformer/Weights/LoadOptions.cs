namespace GpuTransformer.Weights;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>On a CPU, token embeddings are read where their file is mapped, in memory that processes share, and are not
    /// copied. The file then stays mapped while the model lives: replace it by renaming another over it. A program that
    /// shortens it in place makes Linux end this process (SIGBUS). False: they are copied as float32.</summary>
    public bool MapsTables { get; init; } = true;

    /// <summary>The tokenizer is read while the weights are packed, on another thread; without it, when it is first asked
    /// for.</summary>
    public bool ReadsTokenizer { get; init; }
}
