using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A whole program, run as models run theirs.</summary>
internal abstract class SessionCase : BenchCase
{
    private Session? _session;

    protected SessionCase(string operation, string shape, Work work)
        : base(operation, shape, work)
    {
    }

    /// <summary>All launches of a plan are of one kind, unless a variant does not fit somewhere.</summary>
    public override string Variant =>
        string.Join("+", Session.Operations.Select(o => $"{o.Info.Kind}").Distinct()) + $", {Session.Operations.Count} launches";

    public override int SimdBits =>
        Session.Operations.All(o => o.Info.Kind == VariantKind.Cpu) ? Session.Kernels.Traits.SimdBits : 0;

    protected Session Session => _session ?? throw new InvalidOperationException("No session yet.");

    public override void Launch() => Session.Run();

    public override void Synchronize() => Session.Stream.Synchronize();

    public override void Dispose()
    {
        _session?.Dispose();
        base.Dispose();
    }

    protected void Open(BenchDevice device, GraphBuilder graph) => _session = new Session(graph.Build(), device.Kernels);

    /// <summary>One sequence, every token seeing all.</summary>
    protected void FillOneSequence(TokenSpace space, int tokens)
    {
        var rows = new TokenRows(Session, space);
        for (var i = 0; i < tokens; i++)
        {
            rows.Add(0, 0, i, i, 0, tokens);
        }

        rows.Finish();
        PageTables.FillPacked(Session, space.Keys, [tokens]);
    }

    /// <summary>Rows that a norm of weight 1 and bias 0 has made: mean 0 and variance 1.</summary>
    protected void ExpectNormalized(GraphTensor output, int rows)
    {
        var values = new float[rows * output.Width];
        Session.Read(output, values);
        for (var row = 0; row < rows; row++)
        {
            var (sum, squares) = (0.0, 0.0);
            foreach (var value in values.AsSpan(row * output.Width, output.Width))
            {
                sum += value;
                squares += value * value;
            }

            ExpectNear($"the mean of row {row}", sum / output.Width, 0, 1e-5);
            ExpectNear($"the variance of row {row}", squares / output.Width, 1, 1e-3);
        }
    }
}
