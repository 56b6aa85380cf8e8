using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>A whole program, run as models run theirs.</summary>
internal abstract class SessionCase : BenchCase
{
    // A prime, so that neighbouring tokens have distant rows of the table.
    private const int IdStride = 7919;
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

    public override AcceleratorStream Stream => Session.Stream;

    public override void Launch() => Session.Run();

    public override void Synchronize() => Session.Stream.Synchronize();

    public override void Dispose()
    {
        _session?.Dispose();
        base.Dispose();
    }

    /// <summary>Opens the session; where the case gave no bytes, those of its launches are taken.</summary>
    protected void Open(BenchDevice device, GraphBuilder graph)
    {
        _session = new Session(graph.Build(), device.Kernels);
        Work = Work with { Bytes = Work.Bytes > 0 ? Work.Bytes : _session.Operations.Sum(o => (double)o.Info.Bytes) };
    }

    /// <summary>One sequence, every token seeing all.</summary>
    protected void FillOneSequence(TokenSpace space, int tokens) => FillSequences(space, 1, tokens);

    /// <summary>Sequences of one length, every token seeing all of its own; ids from all over a vocabulary.</summary>
    protected void FillSequences(TokenSpace space, int sequences, int tokens, int vocabSize = 1)
    {
        var rows = new TokenRows(Session, space);
        for (var s = 0; s < sequences; s++)
        {
            for (var i = 0; i < tokens; i++)
            {
                rows.Add(s, (s * tokens + i) * IdStride % vocabSize, i, i, 0, tokens);
            }
        }

        rows.Finish();
        PageTables.FillPacked(Session, space.Keys, [.. Enumerable.Repeat(tokens, sequences)]);
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
