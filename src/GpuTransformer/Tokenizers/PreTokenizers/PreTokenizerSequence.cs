using GpuTransformer.Tokenizers.Text;

namespace GpuTransformer.Tokenizers.PreTokenizers;

/// <summary>Pre-tokenizers one after another.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> preTokenizers) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Split(PieceList pieces)
    {
        foreach (IPreTokenizer preTokenizer in preTokenizers)
        {
            preTokenizer.Split(pieces);
        }
    }
}
