using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench.Peers;

/// <summary>A single operation, bound once and launched again and again; its result is checked before it is timed.</summary>
internal sealed class CaseSide : ISide
{
    private readonly BenchCase _case;
    private readonly int _launches;

    /// <param name="benchCase">The operation.</param>
    /// <param name="launches">How often a run launches it.</param>
    public CaseSide(BenchCase benchCase, int launches = 1)
    {
        (_case, _launches) = (benchCase, launches);
        _case.Run();
        _case.Verify();
    }

    public void Run()
    {
        for (var i = 0; i < _launches; i++)
        {
            _case.Launch();
        }

        _case.Synchronize();
    }

    public void Dispose() => _case.Dispose();
}
