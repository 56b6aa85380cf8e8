namespace GpuTransformer.Tokenizers.PostProcessors;

/// <summary>A part of a template: a sequence (0 or 1), or special tokens, as a type id.</summary>
/// <param name="Sequence">Which sequence, or null for special tokens.</param>
/// <param name="Special">The special tokens.</param>
/// <param name="TypeId">The type id that the part gets.</param>
internal readonly record struct TemplatePart(int? Sequence, (int Id, string Text)[] Special, int TypeId)
{
    /// <summary>A sequence of the input.</summary>
    public static TemplatePart Of(int sequence, int typeId) => new(sequence, [], typeId);

    /// <summary>One special token.</summary>
    public static TemplatePart Of((int Id, string Text) special, int typeId) => new(null, [special], typeId);
}

/// <summary>Puts sequences and special tokens in the order of a template, one for a single text and one for a
/// pair.</summary>
internal sealed class TemplateProcessing(TemplatePart[] single, TemplatePart[] pair) : IPostProcessor
{
    /// <summary>BERT's: [CLS] A [SEP], [CLS] A [SEP] B [SEP] with the second text as type 1.</summary>
    public static TemplateProcessing Bert((int Id, string Text) sep, (int Id, string Text) cls) => new(
        [TemplatePart.Of(cls, 0), TemplatePart.Of(0, 0), TemplatePart.Of(sep, 0)],
        [
            TemplatePart.Of(cls, 0), TemplatePart.Of(0, 0), TemplatePart.Of(sep, 0),
            TemplatePart.Of(1, 1), TemplatePart.Of(sep, 1),
        ]);

    /// <summary>RoBERTa's: the separator stands twice between the texts, and everything is type 0.</summary>
    public static TemplateProcessing Roberta((int Id, string Text) sep, (int Id, string Text) cls) => new(
        [TemplatePart.Of(cls, 0), TemplatePart.Of(0, 0), TemplatePart.Of(sep, 0)],
        [
            TemplatePart.Of(cls, 0), TemplatePart.Of(0, 0), TemplatePart.Of(sep, 0),
            TemplatePart.Of(sep, 0), TemplatePart.Of(1, 0), TemplatePart.Of(sep, 0),
        ]);

    /// <summary>The order without any special tokens: the first text as type 0, the second as type 1.</summary>
    public static TemplateProcessing Plain { get; } =
        new([TemplatePart.Of(0, 0)], [TemplatePart.Of(0, 0), TemplatePart.Of(1, 1)]);

    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => (isPair ? pair : single).Sum(part => part.Special.Length);

    /// <inheritdoc/>
    public TokenList Process(TokenList first, TokenList? second, bool addSpecialTokens)
    {
        TokenList tokens = first.New();
        tokens.Expect(first.Count + (second?.Count ?? 0) + AddedTokens(second is not null));
        foreach (TemplatePart part in second is null ? single : pair)
        {
            if (part.Sequence is { } sequence)
            {
                tokens.Append(sequence == 0 ? first : second!, part.TypeId);
                continue;
            }
            foreach ((int id, string text) in addSpecialTokens ? part.Special : [])
            {
                tokens.AddOfTemplate(id, text, part.TypeId);
            }
        }
        return tokens;
    }
}
