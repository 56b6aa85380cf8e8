using GpuTransformer.Graph;

namespace GpuTransformer.Models;

/// <summary>Gathers what DETR answers, some images at a time.</summary>
internal sealed class DetrOutputs
{
    private readonly List<(HostTensor Tensor, int Width, Action<DetrRun, int, Memory<float>> Read)> _outputs = [];

    public DetrOutputs(Detr model, DetrRun run, int images)
    {
        var (queries, hidden) = (model.Config.NumQueries, model.Config.DModel);
        Add("logits", r => r.Logits, run.Logits, images, queries, model.Config.Labels.Count + 1);
        Add("pred_boxes", r => r.Boxes, run.Boxes, images, queries, 4);
        Add("pred_masks", r => r.Masks?.Rows, run.Masks?.Rows, images, queries, run.Masks?.Height ?? 0, run.Masks?.Width ?? 0);
        Add("last_hidden_state", r => r.Hidden, run.Hidden, images, queries, hidden);
        var memory = new HostTensor(
            "encoder_last_hidden_state", new float[images * run.Features * hidden], images, run.Features, hidden);
        _outputs.Add((memory, run.Features * hidden, (r, count, values) => r.ReadMemory(count, values.Span)));
    }

    public IReadOnlyList<HostTensor> Tensors => [.. _outputs.Select(output => output.Tensor)];

    /// <summary>Takes what a run answered for images [first, first + count).</summary>
    public void Read(DetrRun run, int first, int count)
    {
        foreach (var (tensor, width, read) in _outputs)
        {
            read(run, count, tensor.Floats.AsMemory(first * width, count * width));
        }
    }

    private void Add(string name, Func<DetrRun, GraphTensor?> find, GraphTensor? found, int images, params long[] shape)
    {
        if (found is null)
        {
            return;
        }

        var width = checked((int)shape.Aggregate(1L, (a, b) => a * b));
        var tensor = new HostTensor(name, new float[checked(images * width)], [images, .. shape]);
        _outputs.Add((tensor, width, (run, _, values) => run.Session.Read(find(run)!.Value, values.Span)));
    }
}
