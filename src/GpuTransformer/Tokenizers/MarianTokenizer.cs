using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Decoders;
using GpuTransformer.Tokenizers.PostProcessors;
using GpuTransformer.Tokenizers.SentencePiece;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>The tokenizer of a Marian folder without tokenizer.json, as OPUS-MT publishes them: source.spm and target.spm
/// cut text into pieces, vocab.json (with separate_vocabs target_vocab.json for the target) numbers them. A text may
/// begin with the code of its language, such as &gt;&gt;fra&lt;&lt;; a stop token follows it. Equal to transformers' MarianTokenizer.</summary>
internal static class MarianTokenizer
{
    /// <summary>The file by which such a folder is known.</summary>
    public const string FileName = "source.spm";

    private const string TargetName = "target.spm";
    private const string VocabularyName = "vocab.json";
    private const string TargetVocabularyName = "target_vocab.json";
    private const string SettingsName = "tokenizer_config.json";
    private const long LargestFile = 256L << 20;

    /// <summary>Whether the tokenizer of a folder is of this kind.</summary>
    public static bool IsOf(string folder) =>
        File.Exists(Path.Combine(folder, FileName)) && !File.Exists(Path.Combine(folder, TokenizerFile.FileName));

    /// <summary>Cuts sources; turns what the model writes into text where both languages have one vocabulary.</summary>
    public static Tokenizer LoadSource(string folder) =>
        Load(folder, FileName, VocabularyName, HasSeparateVocabularies(folder) ? FileName : TargetName);

    /// <summary>The tokenizer of targets.</summary>
    public static Tokenizer LoadTarget(string folder) => Load(
        folder, TargetName, HasSeparateVocabularies(folder) ? TargetVocabularyName : VocabularyName, TargetName);

    private static Tokenizer Load(string folder, string pieces, string numbers, string decoded)
    {
        string path = Path.Combine(folder, numbers);
        Vocabulary vocabulary = ReadVocabulary(path);
        JsonObject? settings = Settings(folder);
        AddedToken Special(string key, string fallback)
        {
            string token = VocabularyFile.TokenOf(settings, key, fallback);
            int id = vocabulary.IdOf(token) ?? throw new InputException(
                $"{path}: the {key} {Quoted.Of(token)} is not in the vocabulary");
            return new AddedToken(id, token, false, false, false, Normalized: false, Special: true);
        }
        AddedToken stop = Special("eos_token", "</s>");
        AddedToken unknown = Special("unk_token", "<unk>");
        IEnumerable<AddedToken> languages = vocabulary.Ids
            .Where(entry => entry.Key.StartsWith(">>", StringComparison.Ordinal) && entry.Key.EndsWith("<<", StringComparison.Ordinal))
            .Select(entry => new AddedToken(entry.Value, entry.Key, false, false, false, Normalized: false, Special: false));
        string piecePath = Path.Combine(folder, pieces);
        (SentencePieceModel model, SentencePieceNormalizer normalizer, _) =
            SentencePieceModel.Of(SentencePieceFile.Load(piecePath), piecePath);
        string decodedPath = Path.Combine(folder, decoded);
        (_, _, SentencePieceDecoder decoder) = SentencePieceModel.Of(SentencePieceFile.Load(decodedPath), decodedPath);
        TemplatePart end = TemplatePart.Of((stop.Id, stop.Content), 0);
        return new Tokenizer(
            new AddedTokens([stop, unknown, Special("pad_token", "<pad>"), .. languages], normalizer),
            preTokenizer: null,
            new NumberedPieces(model, vocabulary, unknown.Id),
            new TemplateProcessing([TemplatePart.Of(0, 0), end], [TemplatePart.Of(0, 0), TemplatePart.Of(1, 0), end]),
            new DecoderSequence([decoder, new SpaceMarkDecoder()]));
    }

    private static bool HasSeparateVocabularies(string folder) => Settings(folder)?.FlagOr("separate_vocabs", false) ?? false;

    private static JsonObject? Settings(string folder)
    {
        string path = Path.Combine(folder, SettingsName);
        return File.Exists(path) ? JsonObject.Load(path, LargestFile) : null;
    }

    private static Vocabulary ReadVocabulary(string path)
    {
        JsonObject file = JsonObject.Load(path, LargestFile);
        var ids = new Dictionary<string, int>(file.Count);
        foreach (string token in file.Keys)
        {
            ids.Add(token, file.Whole(token, 0, int.MaxValue - 1));
        }
        return new Vocabulary(ids, path);
    }

    /// <summary>Pieces of one model under the ids of a vocabulary; a piece that it lacks is unknown.</summary>
    private sealed class NumberedPieces(SentencePieceModel pieces, Vocabulary vocabulary, int unknown) : ITokenModel
    {
        public Vocabulary Vocabulary => vocabulary;

        public bool IsWrittenAsText(int id) => id == unknown;

        public void Tokenize(ReadOnlySpan<char> piece, List<ModelToken> tokens)
        {
            int first = tokens.Count;
            pieces.Tokenize(piece, tokens);
            for (int i = first; i < tokens.Count; i++)
            {
                // What the model does not know is looked up as it stands in the text.
                ModelToken token = tokens[i];
                ReadOnlySpan<char> text = pieces.IsWrittenAsText(token.Id)
                    ? piece[token.Start..token.End]
                    : pieces.Vocabulary.TokenOf(token.Id);
                tokens[i] = token with { Id = vocabulary.TryId(text, out int id) ? id : unknown };
            }
        }
    }

    /// <summary>Space marks of pieces that the target's model does not know become spaces too, and none stand at the ends
    /// of the text.</summary>
    private sealed class SpaceMarkDecoder : IDecoder
    {
        public IDecoding Start() => new Decoding();

        private sealed class Decoding : IDecoding
        {
            private bool _hasText;
            private int _held;

            public void Push(in TokenPart part, List<TokenPart> output)
            {
                string text = part.Text.Replace('\u2581', ' ');
                string trimmed = text.TrimEnd(' ');
                if (trimmed.Length == 0)
                {
                    _held += _hasText ? text.Length : 0;
                    return;
                }
                trimmed = _hasText ? trimmed : trimmed.TrimStart(' ');
                output.Add(part with { Text = new string(' ', _held) + trimmed });
                _held = text.Length - text.TrimEnd(' ').Length;
                _hasText = true;
            }

            // Spaces that no letter follows are left out.
            public void End(List<TokenPart> output)
            {
            }
        }
    }
}
