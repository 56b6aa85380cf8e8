using GpuTransformer.Kernels;

namespace GpuTransformer;

/// <summary>A padded batch of token ids, checked: [batch, length] ids with a flag for those that are real.</summary>
internal sealed class TokenBatch
{
    private readonly int[] _ids;
    private readonly bool[] _real;
    private readonly int[]? _types;

    private TokenBatch(int batch, int length, int[] ids, bool[] real, int[]? types)
    {
        Batch = batch;
        Length = length;
        _ids = ids;
        _real = real;
        _types = types;
    }

    public int Batch { get; }

    public int Length { get; }

    public int Id(int sequence, int index) => _ids[sequence * Length + index];

    public bool IsReal(int sequence, int index) => _real[sequence * Length + index];

    /// <summary>Tokens of a sequence that are not padding.</summary>
    public int RealTokens(int sequence) => _real.AsSpan(sequence * Length, Length).Count(true);

    public int Type(int sequence, int index) => _types is null ? 0 : _types[sequence * Length + index];

    /// <summary>Some of the sequences, as long as they are here.</summary>
    public TokenBatch Slice(Range sequences)
    {
        var (first, count) = sequences.GetOffsetAndLength(Batch);
        var tokens = (first * Length)..((first + count) * Length);
        return new TokenBatch(count, Length, _ids[tokens], _real[tokens], _types?[tokens]);
    }

    /// <summary>One sequence without padding.</summary>
    public static TokenBatch Of(ReadOnlySpan<int> ids, string what, int vocabSize)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            Check(ids[i], what, vocabSize, 0, i);
        }

        var real = new bool[ids.Length];
        Array.Fill(real, true);
        return new TokenBatch(1, ids.Length, ids.ToArray(), real, null);
    }

    /// <summary>Sequences of different lengths, padded at the end.</summary>
    /// <param name="sequences">Their ids.</param>
    /// <param name="what">Name of the ids, as errors show it.</param>
    /// <param name="vocabSize">Ids are below it.</param>
    /// <param name="types">Their token types, below <paramref name="typeVocabSize"/>; null: all 0.</param>
    /// <param name="typeVocabSize">Token types.</param>
    public static TokenBatch Of(
        IReadOnlyList<int[]> sequences, string what, int vocabSize, IReadOnlyList<int[]>? types = null, int typeVocabSize = 0)
    {
        var length = sequences.Count == 0 ? 0 : sequences.Max(s => s.Length);
        var ids = new int[sequences.Count * length];
        var real = new bool[ids.Length];
        var typeIds = types is null ? null : new int[ids.Length];
        for (var s = 0; s < sequences.Count; s++)
        {
            for (var i = 0; i < sequences[s].Length; i++)
            {
                ids[s * length + i] = Check(sequences[s][i], what, vocabSize, s, i);
                real[s * length + i] = true;
                if (typeIds is not null)
                {
                    typeIds[s * length + i] = Check(types![s][i], "token types", typeVocabSize, s, i);
                }
            }
        }

        return new TokenBatch(sequences.Count, length, ids, real, typeIds);
    }

    /// <summary>Reads and checks the tensors of a forward pass.</summary>
    /// <param name="ids">[batch, length].</param>
    /// <param name="mask">[batch, length], 1 where a token is real; null: all are, or those that are not <paramref name="pad"/>.</param>
    /// <param name="vocabSize">Ids are below it.</param>
    /// <param name="pad">The padding id that a missing mask is made from; null: none.</param>
    /// <param name="types">[batch, length] token types below <paramref name="typeVocabSize"/>.</param>
    /// <param name="typeVocabSize">Token types.</param>
    /// <exception cref="InputException">A shape or an id does not fit; the message names it.</exception>
    public static TokenBatch Of(
        HostTensor ids, HostTensor? mask, int vocabSize, int? pad = null, HostTensor? types = null, int typeVocabSize = 0)
    {
        var batch = ids.Size(0, 2);
        var length = ids.Size(1, 2);
        mask?.Expect(batch, length);
        types?.Expect(batch, length);
        if (batch == 0 || length == 0)
        {
            throw new InputException($"{ids.Name}: expected at least one token, found [{batch}, {length}].");
        }

        var values = new int[batch * length];
        var real = new bool[values.Length];
        var typeIds = types is null ? null : new int[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Check(ids.Integers[i], ids.Name, vocabSize, i / length, i % length);
            real[i] = mask is null ? pad is null || values[i] != pad : MaskValue(mask, i, length);
            if (typeIds is not null)
            {
                typeIds[i] = Check(types!.Integers[i], types.Name, typeVocabSize, i / length, i % length);
            }
        }

        return new TokenBatch(batch, length, values, real, typeIds);
    }

    /// <summary>Reads a mask of 0 and 1.</summary>
    public static bool MaskValue(HostTensor mask, int index, int length)
    {
        var value = mask.IsInteger ? mask.Integers[index] : mask.Floats[index];
        return value is 0 or 1
            ? value == 1
            : throw new InputException($"{mask.Name}[{index / length}, {index % length}]: expected 0 or 1, found {value}.");
    }

    private static int Check(long id, string what, int size, int sequence, int index) => id >= 0 && id < size
        ? (int)id
        : throw new InputException($"{what}[{sequence}, {index}]: id {id}, the vocabulary has {size}.");
}
