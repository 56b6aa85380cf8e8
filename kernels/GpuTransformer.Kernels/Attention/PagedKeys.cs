using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>Keys and values of one layer in pages of 16 tokens behind a page table (Kwon et al. 2023, arXiv:2309.06180).
/// Inside a page keys are transposed, [numKvHeads][headDim][16], so that 16 scores are one broadcast-multiply-add a
/// dimension; values are [numKvHeads][16][headDim].</summary>
public struct PagedKeys
{
    /// <summary>Tokens in a page.</summary>
    public const int PageTokens = 16;

    /// <summary>Keys: page p, head h, dimension d, token t at ((p · numKvHeads + h) · headDim + d) · 16 + t.</summary>
    public ArrayView<float> Keys;

    /// <summary>Values: page p, head h, token t, dimension d at ((p · numKvHeads + h) · 16 + t) · headDim + d.</summary>
    public ArrayView<float> Values;

    /// <summary>Page of (sequence, slot): PageTable[sequence · PagesPerSequence + slot / 16].</summary>
    public ArrayView<int> PageTable;

    /// <summary>Entries of the page table for each sequence.</summary>
    public int PagesPerSequence;

    /// <summary>Key and value heads.</summary>
    public int NumKvHeads;

    /// <summary>Width of a head.</summary>
    public int HeadDim;
}
