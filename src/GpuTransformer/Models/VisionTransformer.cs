using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>An encoder over the patches of an image behind one or two tokens of its own (class, distillation), with
/// classifiers on those tokens, or with a pooler: what ViT and DeiT share.</summary>
public abstract class VisionTransformer : TransformerModel
{
    private readonly RunPool<VisionRun> _runs = new();

    private protected VisionTransformer(VitConfig config, VisionEncoder encoder, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        Config = config;
        Encoder = encoder;
    }

    /// <summary>The config.</summary>
    public VitConfig Config { get; }

    private protected VisionEncoder Encoder { get; }

    /// <summary>Classifiers: the name of their logits, and which of the tokens before the patches each looks at. Their
    /// mean is the answer.</summary>
    private protected abstract IReadOnlyList<(string Name, int Token, LinearWeights Weights)> Heads { get; }

    /// <summary>The pooler on the first token; null: none.</summary>
    private protected abstract LinearWeights? Pooler { get; }

    /// <summary>Class logits of images.</summary>
    /// <param name="pixels">[images, channels, height, width], normalized as the model was trained.</param>
    /// <returns>[images, labels].</returns>
    /// <exception cref="InputException">The pixels are not a whole number of images of the model's size, or the model
    /// has no classifier.</exception>
    public float[] Classify(ReadOnlySpan<float> pixels)
    {
        if (Heads.Count == 0)
        {
            throw new InputException($"{Folder}: {Architecture} has no classifier.");
        }

        var each = Config.NumChannels * Config.ImageHeight * Config.ImageWidth;
        if (pixels.Length == 0 || pixels.Length % each != 0)
        {
            throw new InputException(
                $"pixels: {pixels.Length} values, expected images of [{Config.NumChannels}, {Config.ImageHeight}, {Config.ImageWidth}].");
        }

        var images = pixels.Length / each;
        var answers = new List<float>(images * Config.Labels.Count);
        foreach (var part in Parts(images))
        {
            var (first, count) = part.GetOffsetAndLength(images);
            answers.AddRange(Run(pixels.Slice(first * each, count * each), count, run =>
                Mean([.. run.Logits.Select(logits => Read(run, logits, count))])));
        }

        return [.. answers];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow("pixel_values");
        var pixels = inputs.Require("pixel_values");
        var images = pixels.Size(0, 4);
        pixels.Expect(images, Config.NumChannels, Config.ImageHeight, Config.ImageWidth);
        if (images == 0)
        {
            throw new InputException("pixel_values: expected at least one image, found 0.");
        }

        var each = pixels.Floats.Length / images;
        var parts = new List<HostTensor[]>();
        foreach (var part in Parts(images))
        {
            var (first, count) = part.GetOffsetAndLength(images);
            parts.Add(Run(pixels.Floats.AsSpan(first * each, count * each), count, run => Outputs(run, count).ToArray()));
        }

        return [.. Enumerable.Range(0, parts[0].Length).Select(i => HostTensor.Joined([.. parts.Select(part => part[i])]))];
    }

    private protected override IReadOnlyList<Session> PlanSessions() => [NewRun(1).Session];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runs.Dispose();
        base.Dispose(disposing);
    }

    private static float[] Mean(float[][] logits)
    {
        var mean = logits[0];
        for (var i = 0; logits.Length == 2 && i < mean.Length; i++)
        {
            mean[i] = (mean[i] + logits[1][i]) / 2;
        }

        return mean;
    }

    private static float[] Read(VisionRun run, GraphTensor tensor, int rows)
    {
        var values = new float[rows * tensor.Width];
        run.Session.Read(tensor, values);
        return values;
    }

    private IEnumerable<HostTensor> Outputs(VisionRun run, int images)
    {
        var logits = run.Logits.Select(tensor => Read(run, tensor, images)).ToArray();
        if (logits.Length > 1)
        {
            for (var h = 0; h < logits.Length; h++)
            {
                yield return new HostTensor(Heads[h].Name, [.. logits[h]], images, Config.Labels.Count);
            }
        }

        if (logits.Length > 0)
        {
            yield return new HostTensor("logits", Mean(logits), images, Config.Labels.Count);
        }

        yield return new HostTensor(
            "last_hidden_state", Read(run, run.Hidden, images * Encoder.Tokens), images, Encoder.Tokens, Config.HiddenSize);
        if (run.Pooled is { } pooled)
        {
            yield return new HostTensor("pooler_output", Read(run, pooled, images), images, Config.PoolerOutputSize);
        }
    }

    private IEnumerable<Range> Parts(int images) =>
        BatchParts.Cut([.. Enumerable.Repeat(Encoder.Tokens, images)], BatchParts.MostRows(Device.Kernels));

    private TResult Run<TResult>(ReadOnlySpan<float> pixels, int images, Func<VisionRun, TResult> read)
    {
        var run = _runs.Rent(idle => images <= idle.Capacity, () => NewRun(images));
        try
        {
            run.Start(pixels, images);
            return read(run);
        }
        finally
        {
            _runs.Return(run);
        }
    }

    private VisionRun NewRun(int images) =>
        new(Encoder, Heads, Pooler is null ? null : (Pooler, Config.PoolerAct), images, program => NewSession(program));
}
