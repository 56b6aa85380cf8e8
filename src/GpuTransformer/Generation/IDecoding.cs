namespace GpuTransformer.Generation;

/// <summary>Sequences that grow by one token at a time over caches of keys and values. The rules of generation (greedy,
/// sampling, beams) see a model only through this.</summary>
internal interface IDecoding : IDisposable
{
    /// <summary>Logits of a sequence; ids are below it.</summary>
    int VocabSize { get; }

    /// <summary>Sequences that are alive.</summary>
    int Sequences { get; }

    /// <summary>Logits of the token that follows a sequence, [vocab_size]. The caller may write into it; it holds until the
    /// next <see cref="Append"/>.</summary>
    Span<float> Logits(int sequence);

    /// <summary>Appends one token to every sequence that is alive and computes the logits that follow.</summary>
    /// <param name="ids">One id a sequence.</param>
    void Append(ReadOnlySpan<int> ids);

    /// <summary>Sequence i goes on as a copy of what sequence source[i] was: a reorder of beams, a fork, or with fewer
    /// entries an end of those that are finished. Logits are those of the source.</summary>
    void Reorder(ReadOnlySpan<int> source);
}
