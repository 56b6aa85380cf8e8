using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>What a session promises: nothing allocated by a run, and any number of them over one set of weights.</summary>
[Collection(nameof(RunAlone))]
public class SessionTests
{
    private const int Runs = 50;

    // The real CPU accelerator makes one task object a launch (152 bytes were measured for a struct of three views).
    private const int BytesALaunch = 640;

    // Naive kernels: a group kernel's shared memory is objects of the CPU accelerator, made by each group.
    [Fact]
    public void A_run_through_launches_allocates_only_what_the_accelerator_does()
    {
        using var device = ComputeDevice.Open("cpu", VariantKind.Naive);
        var bytes = AllocatedByRuns(device, out var launches);
        Assert.InRange(bytes, 0, (long)launches * BytesALaunch);
    }

    [Fact]
    public void Two_threads_share_one_models_weights()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (Gpt2)TransformerModel.Load(Fixtures.Model("gpt2-shakespeare"), device);
        int[][] prompts = [[578, 45, 37, 47], [10, 200, 30, 400, 50]];
        var options = new GenerationOptions { MaxNewTokens = 24 };
        var alone = prompts.Select(p => model.Generate([p], options)[0].Ids).ToArray();
        var together = new IReadOnlyList<int>[prompts.Length];
        var threads = prompts.Select((p, i) => new Thread(() => together[i] = model.Generate([p], options)[0].Ids)).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData(VariantKind.Cpu)]
    [InlineData(VariantKind.Naive)]
    public void An_id_outside_its_table_is_reported_when_the_output_is_read(VariantKind variant)
    {
        using var device = ComputeDevice.Open("cpu", variant);
        using var model = (Bert)TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
        using var session = model.NewTextSession([2, 102, 114, 231, 3]);
        var logits = session.Program.Outputs["logits"];
        session.Read(logits, new float[4096]);
        session.Table(session.Program.Tables.Single(t => t.Name == "tokens.ids"))[3] = 4096;
        session.Run();
        Assert.Contains("row 3", Assert.Throws<InputException>(() => session.Read(logits, new float[4096])).Message);
        session.Table(session.Program.Tables.Single(t => t.Name == "tokens.ids"))[3] = 231;
        session.Run();
        session.Read(logits, new float[4096]);
    }

    [Fact]
    public void Many_threads_use_one_model_at_a_time()
    {
        using var device = ComputeDevice.Open("cpu");
        using var filler = GpuTransformer.Tasks.MaskFiller.Load(Fixtures.Model("bert-shakespeare"), device);
        string[] texts = ["good [MASK] , my lord", "the king is [MASK]", "what is your [MASK] ?", "to be or not to [MASK] , that is the question"];
        var alone = texts.Select(text => filler.Fill(text)[0]).ToArray();
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(alone[i % texts.Length], filler.Fill(texts[i % texts.Length])[0]));
    }

    /// <summary>Bytes that a run allocates on any thread of the process, after the first few: those of the accelerator are
    /// not the pool's.</summary>
    private static long AllocatedByRuns(ComputeDevice device, out int launches)
    {
        using var model = TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
        using var session = ((Bert)model).NewTextSession([2, 102, 114, 231, 3]);
        launches = session.Operations.Count;
        for (var i = 0; i < 3; i++)
        {
            session.Run();
        }

        // The least of several tries: another thread of the test process may allocate once in a while.
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 8; attempt++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Runs; i++)
            {
                session.Run();
            }

            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Runs);
        }

        return least;
    }
}

/// <summary>Tests that count allocations run alone.</summary>
[CollectionDefinition(nameof(RunAlone), DisableParallelization = true)]
public class RunAlone;
