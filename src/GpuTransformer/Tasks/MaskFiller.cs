using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Tasks;

/// <summary>A token that may stand where a mask stands.</summary>
/// <param name="Token">The token as text.</param>
/// <param name="Id">Its id.</param>
/// <param name="Score">Its probability.</param>
public readonly record struct MaskFill(string Token, int Id, float Score);

/// <summary>Words for the masks of a text, as transformers' fill-mask pipeline gives them.</summary>
public sealed class MaskFiller : TextTask
{
    private readonly int _maskId;
    private readonly bool _allowSpecial;

    /// <summary>Takes a model that is loaded.</summary>
    internal MaskFiller(TextEncoder model, TokenizeOptions? options = null)
        : base(model, options)
    {
        Mask = SpecialTokenNames.Find(model.Folder, Tokenizer, "mask_token", "[MASK]", "<mask>");
        _maskId = Tokenizer.TokenToId(Mask)!.Value;
        _allowSpecial = options?.AllowSpecial ?? false;
    }

    /// <summary>The token that stands for a missing word.</summary>
    public string Mask { get; }

    /// <summary>Loads the model of a folder, whose config.json names a masked-language-model architecture.</summary>
    /// <exception cref="InputException">It is another one, or the folder is not what it must be.</exception>
    public static MaskFiller Load(string folder, ComputeDevice device, TokenizeOptions? options = null, LoadOptions? loading = null)
    {
        var model = LoadEncoder(folder, device, null, loading);
        try
        {
            model.RequireHead(EncoderTask.MaskedLm);
            return new MaskFiller(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The best tokens for each mask of a text, the best first.</summary>
    /// <exception cref="InputException">There is no mask, or the text is longer than the model.</exception>
    public IReadOnlyList<MaskFill[]> Fill(string text, int count = 5) => Fill([Tokenize(text)], count)[0];

    /// <summary>The best tokens for each mask of texts.</summary>
    /// <returns>For each text, for each mask, the best first.</returns>
    public IReadOnlyList<MaskFill[]>[] Fill(IReadOnlyList<Tokenization> texts, int count = 5)
    {
        var places = texts.Select(Places).ToArray();
        var logits = Model.LogitsAt(texts, places);
        return [.. logits.Select(rows => (IReadOnlyList<MaskFill[]>)[.. rows.Select(row => Best(row, count))])];
    }

    /// <inheritdoc/>
    public override Tokenization Tokenize(string text, string? pair = null)
    {
        var tokens = base.Tokenize(text, pair);
        return Array.IndexOf(tokens.Ids, _maskId) >= 0
            ? tokens
            : throw new InputException($"expected at least one {Mask}, found none.");
    }

    /// <summary>A text's tokens; of what it holds only the mask is a special token.</summary>
    internal static Tokenization EncodeMasks(Tokenizer tokenizer, string text, string mask)
    {
        var spans = new List<TextSpan>();
        var parts = text.Split(mask);
        for (var i = 0; i < parts.Length; i++)
        {
            spans.Add(new TextSpan(parts[i], IsTrusted: false));
            if (i + 1 < parts.Length)
            {
                spans.Add(new TextSpan(mask, IsTrusted: true));
            }
        }

        return tokenizer.EncodeSpans(spans, addSpecialTokens: true);
    }

    private protected override Tokenization Encode(Tokenizer tokenizer, string text, string? pair) =>
        pair is not null ? throw new InputException("masks are filled in one text, a pair was given")
        : _allowSpecial ? tokenizer.Encode(text)
        : EncodeMasks(tokenizer, text, Mask);

    private int[] Places(Tokenization text) => [.. Enumerable.Range(0, text.Ids.Length).Where(i => text.Ids[i] == _maskId)];

    private MaskFill[] Best(float[] logits, int count)
    {
        var scores = Scores.Softmax(logits);
        return [.. Scores.Best(scores, count).Select(id => new MaskFill(Tokenizer.Decode([id], skipSpecialTokens: false), id, scores[id]))];
    }
}
