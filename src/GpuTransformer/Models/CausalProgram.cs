using GpuTransformer.Graph;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>A decoder's program for a capacity: token rows in, logits of selected rows out.</summary>
internal sealed class CausalProgram
{
    /// <param name="model">Builds the layers.</param>
    /// <param name="name">Name, as reports show it.</param>
    /// <param name="rows">The most tokens of a run, all sequences together.</param>
    /// <param name="sequences">The most sequences.</param>
    /// <param name="length">The most tokens of a sequence.</param>
    /// <param name="selected">The most rows whose logits are asked for.</param>
    public CausalProgram(CausalModel model, string name, int rows, int sequences, int length, int selected)
    {
        var graph = new GraphBuilder(name);
        var tokens = TokenSpace.Declare(graph, "tokens", rows, sequences, length, packed: false);
        Space = new CausalSpace(
            tokens,
            model.Rotary is { } rotary ? graph.Input("rotary", tokens.Rows, rotary.Width) : null,
            model.SlidingWindow is null ? null : graph.Sees(tokens.Rows, tokens.Keys));
        SelectedRows = graph.Rows("selected", selected);
        Selected = graph.Table("selected", selected);
        var hidden = model.BuildHidden(graph, Space);
        Logits = model.BuildLogits(graph, graph.Gather("selected", hidden, SelectedRows, Selected));
        graph.Output("logits", Logits);
        Program = graph.Build();
    }

    public Program Program { get; }

    public CausalSpace Space { get; }

    /// <summary>The most tokens of a run.</summary>
    public int Rows => Space.Tokens.Rows.Capacity;

    /// <summary>Rows whose logits are asked for.</summary>
    public RowSpace SelectedRows { get; }

    /// <summary>Which token row each of them is.</summary>
    public IntTable Selected { get; }

    /// <summary>[selected, vocab_size].</summary>
    public GraphTensor Logits { get; }
}
