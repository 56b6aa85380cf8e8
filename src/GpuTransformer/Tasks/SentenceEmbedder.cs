using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.Normalizers;
using GpuTransformer.Tokenizers.Text;
using GpuTransformer.Weights;

namespace GpuTransformer.Tasks;

/// <summary>Vectors for texts: an encoder, pooling and what follows. A sentence-transformers folder says what that is; of a
/// plain encoder the mean over its tokens is taken, unless other is asked for.</summary>
/// <example><code>
/// using var embedder = SentenceEmbedder.Load("all-MiniLM-L6-v2", device);
/// float[][] vectors = embedder.Embed(["A man is eating food.", "A man is eating a piece of bread."]);
/// </code></example>
public sealed class SentenceEmbedder : TextTask
{
    private readonly SentenceModules? _modules;
    private readonly SentencePooling _pooling;
    private readonly IReadOnlyList<Func<float[], float[]>> _steps;

    private SentenceEmbedder(
        TextEncoder model, SentenceModules? modules, SentencePooling pooling, IReadOnlyList<Func<float[], float[]>> steps, int dimensions,
        TokenizeOptions? options)
        : base(model, options, LimitOf(model, modules))
    {
        _modules = modules;
        _pooling = pooling;
        _steps = steps;
        Dimensions = dimensions;
    }

    /// <summary>Elements of a vector.</summary>
    public int Dimensions { get; }

    /// <summary>How tokens become one vector.</summary>
    public IReadOnlyList<PoolingMode> Pooling => _pooling.Modes;

    /// <summary>Loads the model of a folder.</summary>
    /// <param name="folder">A sentence-transformers folder with modules.json, or any encoder that is supported.</param>
    /// <param name="device">Where to run it.</param>
    /// <param name="options">How texts become tokens. A sentence-transformers folder's texts are always cut.</param>
    /// <param name="pooling">Instead of the folder's pooling, which for a plain encoder is the mean.</param>
    /// <param name="normalize">Whether vectors get length 1; null: as the folder says, a plain encoder's do not.</param>
    /// <param name="loading">How the model is loaded.</param>
    /// <exception cref="InputException">The folder is not what it must be, or asks for what is not supported.</exception>
    public static SentenceEmbedder Load(
        string folder, ComputeDevice device, TokenizeOptions? options = null, PoolingMode? pooling = null, bool? normalize = null,
        LoadOptions? loading = null)
    {
        var modules = SentenceModules.Read(folder);
        var model = LoadEncoder(modules?.EncoderFolder ?? folder, device, EncoderTask.Encode, loading);
        try
        {
            var chosen = pooling is { } mode ? new SentencePooling([mode])
                : modules is null ? new SentencePooling([PoolingMode.Mean])
                : SentencePooling.Read(SentenceModules.Config(modules.Steps[0].Folder), model.Config.HiddenSize);
            var width = chosen.WidthOf(model.Config.HiddenSize);
            var steps = Steps(modules, normalize, ref width);
            return new SentenceEmbedder(
                model, modules, chosen, steps, width, modules is null ? options : (options ?? new TokenizeOptions()) with { Truncate = true });
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The vector of a text.</summary>
    public float[] Embed(string text) => Embed([Tokenize(text)])[0];

    /// <summary>The vectors of texts, in their order; those of like length run together.</summary>
    public float[][] Embed(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var tokens = texts.AsParallel().AsOrdered().Select(text => Tokenize(text)).ToArray();
        int[] order = [.. Enumerable.Range(0, tokens.Length).OrderBy(i => tokens[i].Ids.Length)];
        var sorted = Embed([.. order.Select(i => tokens[i])]);
        var vectors = new float[tokens.Length][];
        for (var i = 0; i < order.Length; i++)
        {
            vectors[order[i]] = sorted[i];
        }

        return vectors;
    }

    /// <summary>The vectors of texts that were cut into tokens by <see cref="TextTask.Tokenize"/>. Their tokens stand one
    /// after another, without padding, in runs of as many as suit the device.</summary>
    public float[][] Embed(IReadOnlyList<Tokenization> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var vectors = new float[texts.Count][];
        Model.VisitHidden(texts, (text, states) =>
        {
            var vector = _pooling.Pool(states, Model.Config.HiddenSize);
            foreach (var step in _steps)
            {
                vector = step(vector);
            }

            vectors[text] = vector;
        });
        return vectors;
    }

    /// <inheritdoc/>
    public override Tokenization Tokenize(string text, string? pair = null) => base.Tokenize(Prepare(text), pair is null ? null : Prepare(pair));

    // The prompt stands before the text, and lower case is made before anything else.
    private string Prepare(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_modules is null)
        {
            return text;
        }

        text = _modules.Prompt + text;
        if (!_modules.DoLowerCase)
        {
            return text;
        }

        var lower = new NormalizedText(text);
        new Lowercase().Normalize(lower);
        return lower.Units.ToString();
    }

    private static int? LimitOf(TextEncoder model, SentenceModules? modules) =>
        modules is null ? null : modules.MaxSeqLength ?? SentenceModules.TokenizerLimit(model.Folder);

    private static List<Func<float[], float[]>> Steps(SentenceModules? modules, bool? normalize, ref int width)
    {
        var steps = new List<Func<float[], float[]>>();
        foreach (var (kind, folder) in modules?.Steps.Skip(1) ?? [])
        {
            if (kind == "Dense")
            {
                var dense = SentenceDense.Load(SentenceModules.Config(folder), folder);
                if (dense.InFeatures != width)
                {
                    throw new InputException($"{folder}: in_features: expected {width}, the width before it, found {dense.InFeatures}.");
                }

                width = dense.OutFeatures;
                steps.Add(dense.Apply);
            }
            else if (kind == "Normalize" && normalize is null)
            {
                SentenceModules.RefuseOtherFeatures(folder);
                steps.Add(Normalized);
            }
        }

        if (normalize == true)
        {
            steps.Add(Normalized);
        }

        return steps;
    }

    // torch.nn.functional.normalize: x / max(|x|, 1e-12).
    private static float[] Normalized(float[] vector)
    {
        var sum = 0.0;
        foreach (var value in vector)
        {
            sum += (double)value * value;
        }

        var factor = 1 / Math.Max(Math.Sqrt(sum), 1e-12);
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(vector[i] * factor);
        }

        return vector;
    }
}
