using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Additive attention (Bahdanau et al. 2014, arXiv:1409.0473): score(q, k) = v · tanh(Wq q + Wk k);
/// output = softmax(score) · value over the first keyLength keys of the sequence. Query and key come in projected
/// (two matmuls); a row of no keys gives zeros.</summary>
public struct AdditiveAttentionArgs
{
    /// <summary>Wq q, (batch · seqLenQ, width).</summary>
    public RowView Query;

    /// <summary>Wk k, (batch · seqLenKv, width).</summary>
    public RowView Key;

    /// <summary>value, (batch · seqLenKv, valueWidth).</summary>
    public RowView Value;

    /// <summary>v, (width), from <see cref="VectorOffset"/> on.</summary>
    public ArrayView<float> Vector;

    /// <summary>Where v starts in its view.</summary>
    public int VectorOffset;

    /// <summary>output, (batch · seqLenQ, valueWidth).</summary>
    public RowView Output;

    /// <summary>The weights, (batch · seqLenQ, seqLenKv), also the working memory of the softmax.</summary>
    public RowView Weights;

    /// <summary>Keys of each sequence, (batch); read where <see cref="HasKeyLengths"/> is not 0.</summary>
    public ArrayView<int> KeyLengths;

    /// <summary>1: the key lengths are read; 0: all seqLenKv keys count.</summary>
    public int HasKeyLengths;

    /// <summary>Sequences.</summary>
    public int Batch;

    /// <summary>Queries of a sequence.</summary>
    public int SeqLenQ;

    /// <summary>Keys of a sequence.</summary>
    public int SeqLenKv;

    /// <summary>Width of the scoring layer.</summary>
    public int Width;

    /// <summary>Width of a value.</summary>
    public int ValueWidth;
}
