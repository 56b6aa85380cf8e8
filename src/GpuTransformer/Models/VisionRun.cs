using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>A vision transformer's program for a number of images, and a session of it.</summary>
internal sealed class VisionRun : IDisposable
{
    private readonly VisionEncoder _encoder;
    private readonly RowSpace _images;
    private readonly RowSpace _patches;
    private readonly TokenSpace _space;
    private readonly IntTable[] _tokens;
    private readonly GraphTensor _pixels;
    private readonly int[] _slots;

    public VisionRun(
        VisionEncoder encoder,
        IReadOnlyList<(string Name, int Token, LinearWeights Weights)> heads,
        (LinearWeights Weights, ActivationKind Activation)? pooler,
        int images,
        Func<Program, Session> session)
    {
        _encoder = encoder;
        var config = encoder.Config;
        var graph = new GraphBuilder("vision");
        _images = graph.Rows("images", images);
        _patches = graph.Rows("patches", images * config.PatchCount);
        _space = TokenSpace.Declare(graph, "tokens", images * encoder.Tokens, images, encoder.Tokens, packed: true);
        _tokens = [.. Enumerable.Range(0, encoder.Tokens - config.PatchCount).Select(t => graph.Table($"tokens.{t}", images))];
        _pixels = graph.Input("pixel_values", _images, config.NumChannels * config.ImageHeight * config.ImageWidth);
        Hidden = encoder.Build(graph, _pixels, _images, _patches, _space);
        graph.Output("last_hidden_state", Hidden);
        Logits = [.. heads.Select(head => graph.Linear(
            head.Weights.Name, graph.Gather($"{head.Name}.token", Hidden, _images, _tokens[head.Token]), head.Weights))];
        foreach (var (head, logits) in heads.Zip(Logits))
        {
            graph.Output(head.Name, logits);
        }

        if (pooler is { } pool)
        {
            Pooled = graph.Linear(pool.Weights.Name, graph.Gather("pooler.token", Hidden, _images, _tokens[0]), pool.Weights, pool.Activation);
            graph.Output("pooler_output", Pooled.Value);
        }

        Session = session(graph.Build());
        _slots = new int[images];
        Array.Fill(_slots, encoder.Tokens);
    }

    public Session Session { get; }

    /// <summary>Logits of each head, [images, labels].</summary>
    public IReadOnlyList<GraphTensor> Logits { get; }

    public GraphTensor Hidden { get; }

    public GraphTensor? Pooled { get; }

    public int Capacity => _images.Capacity;

    public void Dispose() => Session.Dispose();

    public void Start(ReadOnlySpan<float> pixels, int images)
    {
        var rows = new TokenRows(Session, _space);
        for (var image = 0; image < images; image++)
        {
            for (var t = 0; t < _encoder.Tokens; t++)
            {
                if (t < _tokens.Length)
                {
                    Session.Table(_tokens[t])[image] = rows.Count;
                }

                rows.Add(image, 0, t, t, 0, _encoder.Tokens);
            }
        }

        rows.Finish();
        PageTables.FillPacked(Session, _space.Keys, _slots.AsSpan(0, images));
        Session.SetRows(_images, images);
        Session.SetRows(_patches, images * _encoder.Config.PatchCount);
        Session.Write(_pixels, pixels);
        Session.Run();
    }
}
