using GpuTransformer.Graph;
using GpuTransformer.Kernels;

namespace GpuTransformer.Layers;

/// <summary>A linear layer of a head, with what follows it.</summary>
internal readonly record struct HeadStep(LinearWeights Linear, ActivationKind Activation = ActivationKind.None, NormWeights? Norm = null);

/// <summary>What stands on an encoder: linear layers over every token, or over the first of each text.</summary>
/// <param name="Output">Hugging Face's name of what it gives.</param>
/// <param name="IsPerToken">Over every token, else over the first.</param>
/// <param name="Steps">Its layers.</param>
internal sealed record EncoderHead(string Output, bool IsPerToken, params HeadStep[] Steps)
{
    /// <summary>Elements of an output row.</summary>
    public int Width => Steps[^1].Linear.OutFeatures;

    /// <summary>Adds the layers over selected hidden states.</summary>
    public GraphTensor Build(GraphBuilder graph, GraphTensor x)
    {
        foreach (var step in Steps)
        {
            x = graph.Linear(step.Linear.Name, x, step.Linear, step.Activation);
            x = step.Norm is null ? x : graph.LayerNorm(step.Norm.Name, x, step.Norm);
        }

        return x;
    }
}
