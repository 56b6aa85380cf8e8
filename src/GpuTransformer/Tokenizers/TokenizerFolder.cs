using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers.Gguf;
using GpuTransformer.Weights.Gguf;

namespace GpuTransformer.Tokenizers;

/// <summary>Which of a model folder's files its tokenizer is read from.</summary>
internal static class TokenizerFolder
{
    // In this order: the first file that is there counts.
    private static readonly (string Name, Func<string, Tokenizer> Load)[] Kinds =
    [
        (TokenizerFile.FileName, folder => TokenizerFile.Load(Path.Combine(folder, TokenizerFile.FileName))),
        .. SentencePieceTokenizer.FileNames.Select(name => (
            name, (Func<string, Tokenizer>)(folder => SentencePieceTokenizer.Load(Path.Combine(folder, name))))),
        (MarianTokenizer.FileName, MarianTokenizer.LoadSource),
        (MergesFolder.FileName, MergesFolder.Load),
        (VocabularyFile.FileName, VocabularyFile.Load),
    ];

    /// <summary>Reads the tokenizer of a folder, or that of a GGUF file.</summary>
    public static Tokenizer Load(string folder)
    {
        foreach ((string name, Func<string, Tokenizer> load) in Kinds)
        {
            if (File.Exists(Path.Combine(folder, name)))
            {
                return load(folder);
            }
        }
        return GgufFolder.Find(folder) is { } gguf ? GgufTokenizer.Load(gguf) : throw new InputException(
            $"{folder}: expected one of {string.Join(", ", Kinds.Select(kind => kind.Name))} or a GGUF file, found none");
    }
}
