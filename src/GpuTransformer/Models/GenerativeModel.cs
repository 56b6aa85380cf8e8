using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Tokenizers;

namespace GpuTransformer.Models;

/// <summary>A model that writes: a decoder, or an encoder-decoder.</summary>
public abstract class GenerativeModel : TransformerModel
{
    private readonly Lazy<GenerationOptions> _defaults;

    private protected GenerativeModel(ModelWeights weights, ComputeDevice device, string folder)
        : base(weights, device, folder) => _defaults = new Lazy<GenerationOptions>(ReadGenerationDefaults);

    /// <summary>Whether it reads a source through an encoder before it writes.</summary>
    public abstract bool IsEncoderDecoder { get; }

    /// <summary>Ids are below it.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The most tokens that a sequence of the decoder may have; <see cref="int.MaxValue"/> where only memory limits it.</summary>
    public abstract int MaxTargetLength { get; }

    /// <summary>The tokenizer of what it reads.</summary>
    /// <exception cref="InputException">The folder has none, or one that is not understood.</exception>
    public virtual ITokenizer SourceTokenizer => Tokenizer;

    /// <summary>The tokenizer of what it writes.</summary>
    /// <exception cref="InputException">The folder has none, or one that is not understood.</exception>
    public virtual ITokenizer TargetTokenizer => Tokenizer;

    /// <summary>What generation_config.json says (config.json where that file is not there); read when it is first asked for.</summary>
    /// <exception cref="InputException">A value is not of its key's kind.</exception>
    public GenerationOptions GenerationDefaults => _defaults.Value;

    /// <summary>Continues prompts, or answers the sources of an encoder-decoder.</summary>
    /// <param name="inputs">Ids, one array an input; lengths may differ.</param>
    /// <param name="options">What goes before the model's own defaults.</param>
    /// <param name="cancellation">Looked at between tokens.</param>
    /// <returns>The answers, those of an input together, best first.</returns>
    /// <exception cref="InputException">An id is not in the vocabulary, an input is longer than the model, an option makes no
    /// sense or is not honoured.</exception>
    public IReadOnlyList<GenerationResult> Generate(
        IReadOnlyList<int[]> inputs, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        Generate(Inputs(inputs), options, cancellation);

    /// <summary>Continues a prompt, or answers a source, token by token as they are made.</summary>
    /// <param name="input">Ids.</param>
    /// <param name="options">What goes before the model's own defaults; without beams, for one answer.</param>
    /// <param name="cancellation">Looked at between tokens.</param>
    /// <exception cref="InputException">As <see cref="Generate(IReadOnlyList{int[]}, GenerationOptions?, CancellationToken)"/>;
    /// thrown before the first token is asked for.</exception>
    public IEnumerable<GeneratedToken> Stream(
        IReadOnlyList<int> input, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        int[] ids = [.. input];
        return WithText(ids, Generator.Stream(
            Target, Inputs([ids]), (options ?? new()).Over(GenerationDefaults), cancellation));
    }

    /// <summary>Continues a text, or answers it, in pieces of whole letters as they are made.</summary>
    /// <exception cref="InputException">As <see cref="Generate(IReadOnlyList{int[]}, GenerationOptions?, CancellationToken)"/>.</exception>
    public IEnumerable<GeneratedToken> Stream(string text, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        Stream(Encode(text), options, cancellation);

    /// <summary>Continues a text, or answers it, with special tokens where the tokenizer puts them; what looks like one in
    /// the text is text.</summary>
    /// <returns>What was made, without special tokens.</returns>
    /// <exception cref="InputException">As <see cref="Generate(IReadOnlyList{int[]}, GenerationOptions?, CancellationToken)"/>.</exception>
    public string GenerateText(string text, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        var answers = Generate([Encode(text)], options, cancellation);
        return TargetTokenizer.Decode([.. answers[0].Ids]);
    }

    /// <summary>The same for inputs that are a part of many: each has its number among all, which names its random stream.</summary>
    internal IReadOnlyList<GenerationResult> Generate(
        IReadOnlyList<int[]> inputs, IReadOnlyList<int> numbers, GenerationOptions options, CancellationToken cancellation) =>
        Generate(Inputs(inputs) with { Numbers = numbers }, options, cancellation);

    /// <summary>The most tokens of an input (a decoder's prompt, a source) that leave room for an answer.</summary>
    /// <exception cref="InputException">No prompt leaves room.</exception>
    internal virtual int LongestInput(GenerationOptions options)
    {
        var room = new GenerationSettings(options.Over(GenerationDefaults)).LongestPrompt(MaxTargetLength);
        var asked = options.MaxNewTokens is { } made ? $"max_new_tokens {made}" : $"max_length {options.MaxLength}";
        return room > 0 ? room : throw new InputException($"{asked}: of the model's {MaxTargetLength} positions none is left for a prompt");
    }

    /// <summary>The tokens of an input. What looks like a special token in it is text unless <paramref name="allowSpecial"/>:
    /// what a person wrote never becomes a control token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="allowSpecial">Whether special tokens that are written in it are those tokens.</param>
    /// <param name="longest">Tokens beyond are cut off: at a prompt's start, at a source's end.</param>
    internal int[] Encode(string text, bool allowSpecial = false, int longest = int.MaxValue)
    {
        if (SourceTokenizer is not Tokenizer tokenizer)
        {
            var ids = SourceTokenizer.Encode(text).Ids;
            return ids.Length <= longest ? ids : [.. ids[..(longest - 1)], ids[^1]];
        }

        int[] end = EndOfSource() is { } stop ? [stop] : [];
        var cut = longest == int.MaxValue ? null : new TruncationOptions(longest - end.Length, FromLeft: !IsEncoderDecoder);
        return [.. tokenizer.With(cut, null).Encode(text, new EncodeOptions { AllowSpecial = allowSpecial }).Ids, .. end];
    }

    /// <summary>Generates from what <paramref name="inputs"/> holds: ids, sources or features.</summary>
    internal IReadOnlyList<GenerationResult> Generate(
        GenerationInputs inputs, GenerationOptions? options, CancellationToken cancellation) =>
        Generator.Run(Target, inputs, (options ?? new()).Over(GenerationDefaults), cancellation);

    /// <summary>Reads the prompts (and the sources) and gives back the sequences, with the logits that follow each prompt.</summary>
    /// <exception cref="InputException">An id is not in the vocabulary, or a text is longer than the model.</exception>
    internal abstract Generation.IDecoding Start(DecodingRequest request);

    /// <summary>The defaults of generation; a family whose files have other names for them reads them itself.</summary>
    private protected virtual GenerationOptions ReadGenerationDefaults() => GenerationConfigFile.Load(Folder);

    // A SentencePiece file alone adds no special tokens, and encoders were taught with the stop token at a source's end.
    private int? EndOfSource() => IsEncoderDecoder
        && !File.Exists(Path.Combine(Folder, TokenizerFile.FileName))
        && SentencePieceTokenizer.FileNames.Any(name => File.Exists(Path.Combine(Folder, name)))
        && GenerationDefaults.EosTokenIds is [var stop, ..] ? stop : null;

    private GenerationTarget Target => new(VocabularySize, MaxTargetLength, IsEncoderDecoder, Start, () => TargetTokenizer);

    private GenerationInputs Inputs(IReadOnlyList<int[]> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return IsEncoderDecoder
            ? new GenerationInputs([.. inputs.Select(_ => Array.Empty<int>())]) { Sources = inputs }
            : new GenerationInputs(inputs);
    }

    private IEnumerable<GeneratedToken> WithText(int[] prompt, IEnumerable<StreamedId> tokens)
    {
        // A text that goes on keeps the space before its first word, which decoders take from a text's start.
        var text = TargetTokenizer.StartDecoding();
        foreach (var id in IsEncoderDecoder ? [] : prompt)
        {
            text.Append(id);
        }

        foreach (var (id, logProb, finished) in tokens)
        {
            var piece = text.Append(id);
            yield return new GeneratedToken(id, finished is null ? piece : piece + text.Finish(), logProb, finished);
        }
    }
}
