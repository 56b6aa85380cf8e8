using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Kernels.Tests;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>A run of any family's plan allocates nothing on the CPU path, neither on the caller's thread nor on the
/// workers'. What others do in the process does not count, but they may not have the pool.</summary>
[Collection(nameof(RunAlone))]
public class PlanAllocationTests
{
    public static TheoryData<string> Models => [
        .. Fixtures.ShippedModels,
        .. Fixtures.Names("tiny").Where(name => !name.StartsWith("gguf", StringComparison.Ordinal)).Select(name => $"tiny/{name}")];

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void A_run_allocates_nothing(string name)
    {
        var folder = name.Contains('/') ? Fixtures.Folder(name) : Fixtures.Model(name);
        using var device = ComputeDevice.Open("cpu", VariantKind.Cpu);
        using var model = TransformerModel.Load(folder, device);
        var sessions = model.NewPlanSessions();
        try
        {
            foreach (var session in sessions)
            {
                Fill(session);

                // Steps of several tiles, else no worker has a part in it.
                Assert.True(session.Operations.Count > 1);
                Expect(session);
            }
        }
        finally
        {
            foreach (var session in sessions.Reverse())
            {
                session.Dispose();
            }
        }
    }

    /// <summary>Every row in use, ids and pages 0, and one block of queries that see their own first key.</summary>
    private static void Fill(Session session)
    {
        for (var slot = 1; slot < session.Program.StateSlots; slot++)
        {
            session.SetState(slot, 1);
        }

        foreach (var space in session.Program.RowSpaces.Where(space => space.Follows is null))
        {
            session.SetRows(space, space.Capacity);
        }

        foreach (var table in session.Program.Tables)
        {
            var values = session.Table(table);
            values.Clear();
            if (table.Name.EndsWith(".rows", StringComparison.Ordinal))
            {
                for (var row = 0; row < values.Length / 4; row++)
                {
                    values[row * 4 + 2] = 1;
                }
            }
            else if (table.Name.EndsWith(".blocks", StringComparison.Ordinal))
            {
                values[1] = 1;
            }
        }
    }

    private static void Expect(Session session)
    {
        for (var i = 0; i < 3; i++)
        {
            session.Run();
        }

        // On a busy machine a worker may have its first tile, and make what it needs once, in any run; a run that allocates
        // does so each time.
        PoolAllocations.Bytes(CpuPool.Shared);
        long allocated;
        var attempts = 0;
        do
        {
            var before = PoolAllocations.Bytes(CpuPool.Shared);
            for (var i = 0; i < 10; i++)
            {
                session.Run();
            }

            allocated = PoolAllocations.Bytes(CpuPool.Shared) - before;
        }
        while (allocated != 0 && ++attempts < 5);

        Assert.Equal(0, allocated);
    }
}
