namespace GpuTransformer.Graph;

/// <summary>One launch of a plan.</summary>
/// <param name="Layer">The layer it belongs to, under the checkpoint's name.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Variant">The variant that was chosen.</param>
/// <param name="Shape">Its shape at capacity.</param>
/// <param name="ArenaOffset">Where it writes in the arena, in bytes; -1: outside it.</param>
/// <param name="Flops">Floating-point operations at capacity.</param>
/// <param name="Bytes">Bytes moved at capacity.</param>
public sealed record PlanLine(
    string Layer, string Operation, string Variant, string Shape, long ArenaOffset, long Flops, long Bytes);

/// <summary>What a program launches, one line each.</summary>
/// <param name="Program">Name of the program.</param>
/// <param name="Lines">Launches in order.</param>
/// <param name="ArenaBytes">Size of the arena.</param>
/// <param name="LeastBytes">The most that is alive at one launch: no arena can be smaller.</param>
/// <param name="UnplannedBytes">What the intermediates would take if none shared memory.</param>
public sealed record PlanReport(string Program, IReadOnlyList<PlanLine> Lines, long ArenaBytes, long LeastBytes, long UnplannedBytes)
{
    internal static PlanReport Of(Session session)
    {
        var lines = session.Nodes.Select((node, i) =>
        {
            var info = session.Operations[i].Info;
            var offset = node.Writes.Count == 0 ? -1 : session.Plan.OffsetOf(node.Writes[0]);
            return new PlanLine(
                node.Layer, info.Operation, info.Variant, info.Shape, offset < 0 ? -1 : (long)offset * sizeof(float), info.Flops, info.Bytes);
        });
        return new PlanReport(
            session.Program.Name, [.. lines], session.ArenaBytes, session.Plan.LeastElements * sizeof(float),
            session.Plan.UnsharedElements * sizeof(float));
    }
}
