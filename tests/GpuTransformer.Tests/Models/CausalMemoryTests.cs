using GpuTransformer.Generation;
using GpuTransformer.Models;
using GpuTransformer.Tests.Graph;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>What a step of a decoder costs in memory.</summary>
[Collection(nameof(RunAlone))]
public class CausalMemoryTests
{
    [SkippableTheory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    public void A_step_allocates_nothing(string name)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (CausalModel)TransformerModel.Load(Fixtures.Folder($"tiny/{name}"), device);
        using var decoding = model.Start(new DecodingRequest([[5, 6, 7], [8]], 2, 300));
        int[] ids = [9, 10];
        for (var i = 0; i < 50; i++)
        {
            Step();
        }

        // The least of several: a cache grows now and then, and another thread may allocate.
        var least = long.MaxValue;
        for (var i = 0; i < 40; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Step();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);

        void Step()
        {
            ids[0] = ArgMax.Of(decoding.Logits(0));
            ids[1] = ArgMax.Of(decoding.Logits(1));
            decoding.Append(ids);
        }
    }

    [SkippableFact]
    public void A_long_limit_takes_no_memory_before_it_is_used()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (CausalModel)TransformerModel.Load(Fixtures.Folder("tiny/llama"), device);

        // A million tokens of two layers of two heads of 8 would take 256 MB.
        var before = Environment.WorkingSet;
        using var decoding = model.Start(new DecodingRequest([[5, 6, 7]], 1, 1_000_000));
        for (var i = 0; i < 200; i++)
        {
            decoding.Append([ArgMax.Of(decoding.Logits(0))]);
        }

        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 64L << 20);
    }
}
