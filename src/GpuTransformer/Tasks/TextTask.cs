using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Tasks;

/// <summary>What tasks over texts share: an encoder, its tokenizer and the limit on a text's length.</summary>
public abstract class TextTask : IDisposable
{
    private readonly Tokenizer _tokenizer;
    private readonly Tokenizer? _cutting;
    private readonly TokenizeOptions _options;

    private protected TextTask(TextEncoder model, TokenizeOptions? options, int? limit = null)
    {
        Model = model;
        _options = options ?? new TokenizeOptions();
        Limit = Math.Min(limit ?? int.MaxValue, model.Config.MaxLength);
        if (_options.MaxLength is { } asked && (asked < 1 || asked > Limit))
        {
            throw new InputException($"a length of {asked} tokens was asked for, the model takes 1 to {Limit}.");
        }

        _tokenizer = model.Tokenizer.With(null, null);
        if (_options.Truncate || _options.MaxLength is not null)
        {
            var most = _options.MaxLength ?? Limit;
            _cutting = model.Tokenizer.With(
                model.Tokenizer.StoredTruncation is { } stored ? stored with { MaxLength = most } : new TruncationOptions(most), null);
        }
    }

    /// <summary>The model, which this owns.</summary>
    public TextEncoder Model { get; }

    /// <summary>The most tokens of a text.</summary>
    public int Limit { get; }

    /// <summary>The folder's tokenizer.</summary>
    private protected Tokenizer Tokenizer => _tokenizer;

    /// <summary>A text, or a pair of texts, as the model's tokens.</summary>
    /// <exception cref="InputException">It is longer than the model, and is not to be cut.</exception>
    public virtual Tokenization Tokenize(string text, string? pair = null)
    {
        var tokens = Encode(_cutting ?? _tokenizer, text, pair);
        return tokens.Ids.Length <= Limit
            ? tokens
            : throw new InputException($"a text of {tokens.Ids.Length} tokens, the model takes {Limit}; truncation (--truncate) was not asked for.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected virtual Tokenization Encode(Tokenizer tokenizer, string text, string? pair) =>
        tokenizer.Encode(text, new EncodeOptions { AllowSpecial = _options.AllowSpecial }, pair);

    /// <summary>The encoder of a folder, for a task.</summary>
    private protected static TextEncoder LoadEncoder(string folder, ComputeDevice device, EncoderTask? task, LoadOptions? loading)
    {
        ArgumentNullException.ThrowIfNull(device);
        return ModelFamilies.LoadEncoder(
            ModelConfig.Load(folder, (loading ?? new LoadOptions()) with { ReadsTokenizer = true }), device, task);
    }
}
