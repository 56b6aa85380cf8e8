using GpuTransformer.Kernels;

namespace GpuTransformer.Models;

/// <summary>What an encoder is given, checked: a padded batch of ids, or features.</summary>
internal sealed class EncoderSource
{
    private readonly TokenBatch? _tokens;
    private readonly HostTensor? _features;

    private EncoderSource(int batch, int length, TokenBatch? tokens, HostTensor? features) =>
        (Batch, Length, _tokens, _features) = (batch, length, tokens, features);

    /// <summary>Sources.</summary>
    public int Batch { get; }

    /// <summary>Encoder rows of a source, padding included.</summary>
    public int Length { get; }

    /// <summary>Ids of up to <paramref name="maxLength"/> tokens a source.</summary>
    /// <exception cref="InputException">A source is longer.</exception>
    public static EncoderSource Of(TokenBatch tokens, int maxLength) => tokens.Length <= maxLength
        ? new EncoderSource(tokens.Batch, tokens.Length, tokens, null)
        : throw new InputException($"input_ids: a text of {tokens.Length} tokens, the model takes {maxLength}.");

    /// <summary>Features of the shape that the model takes.</summary>
    /// <exception cref="InputException">Another shape, or no source.</exception>
    public static EncoderSource Of(HostTensor features, FeatureSource shape)
    {
        var batch = features.Size(0, 3);
        features.Expect(batch, shape.Channels, shape.Frames);
        return batch > 0
            ? new EncoderSource(batch, shape.Tokens, null, features)
            : throw new InputException($"{features.Name}: expected at least one source, found none.");
    }

    /// <summary>Runs the encoder.</summary>
    public void Encode(EncoderDecoderRun run)
    {
        if (_tokens is { } tokens)
        {
            run.Encode(Batch, Length, tokens.IsReal, tokens.Id);
            return;
        }

        var input = run.Encoder.Program.Inputs[_features!.Name];
        run.Encoder.Write(input, _features.Floats);
        run.Encoder.SetRows(input.Rows, Batch);
        run.Encode(Batch, Length, static (_, _) => true, static (_, _) => 0);
    }
}
