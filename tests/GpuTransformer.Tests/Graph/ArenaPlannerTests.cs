using FsCheck;
using FsCheck.Fluent;
using GpuTransformer.Graph;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Graph;

public class ArenaPlannerTests
{
    [Fact]
    public void Tensors_whose_lives_do_not_meet_share_memory()
    {
        var (offsets, elements) = ArenaPlanner.Place([new(0, 100, 0, 1), new(1, 100, 2, 3)]);
        Assert.Equal(offsets[0], offsets[1]);
        Assert.Equal(128, elements);
    }

    [Fact]
    public void A_chain_takes_the_memory_of_its_two_largest_neighbours()
    {
        var chain = Enumerable.Range(0, 40).Select(i => new ArenaPlanner.Interval(i, i == 20 ? 6400 : 640, i, i + 1)).ToArray();
        var (_, elements) = ArenaPlanner.Place(chain);
        Assert.Equal(6400 + 640, elements);
    }

    [Fact]
    public void An_order_that_leaves_holes_is_given_up_for_one_that_does_not()
    {
        // By size alone the third is put above the first two, which leaves a hole below the fourth.
        ArenaPlanner.Interval[] lives = [new(0, 640, 0, 2), new(1, 640, 3, 5), new(2, 1280, 2, 3), new(3, 576, 0, 1), new(4, 576, 4, 5), new(5, 64, 1, 4)];
        Assert.Equal(ArenaPlanner.MostAlive(lives), ArenaPlanner.Place(lives).Elements);
    }

    [Theory]
    [InlineData("bert-shakespeare")]
    [InlineData("gpt2-shakespeare")]
    [InlineData("vit-fashion")]
    [InlineData("g2p")]
    public void Arenas_of_shipped_models_are_as_small_as_they_can_be(string model)
    {
        using var device = ComputeDevice.Open("cpu");
        using var loaded = TransformerModel.Load(Fixtures.Model(model), device);
        Assert.All(loaded.Plan(), plan => Assert.Equal(plan.LeastBytes, plan.ArenaBytes));
    }

    [Fact]
    public void Whatever_the_lives_no_two_that_meet_overlap_and_all_start_at_256_bytes()
    {
        var interval =
            from size in Gen.Choose(1, 5000)
            from first in Gen.Choose(0, 30)
            from length in Gen.Choose(0, 10)
            select (size, first, length);
        Prop.ForAll(interval.ListOf().ToArbitrary(), list =>
        {
            var intervals = list.Select((t, i) => new ArenaPlanner.Interval(i, t.size, t.first, t.first + t.length)).ToArray();
            var (offsets, elements) = ArenaPlanner.Place(intervals);
            Assert.True(elements >= ArenaPlanner.MostAlive(intervals));
            for (var a = 0; a < intervals.Length; a++)
            {
                Assert.Equal(0, offsets[a] % 64);
                Assert.True(offsets[a] + intervals[a].Elements <= elements);
                for (var b = 0; b < a; b++)
                {
                    var meet = intervals[a].First <= intervals[b].Last && intervals[b].First <= intervals[a].Last;
                    var apart = offsets[a] + intervals[a].Elements <= offsets[b] || offsets[b] + intervals[b].Elements <= offsets[a];
                    Assert.True(!meet || apart, $"{intervals[a]} at {offsets[a]} and {intervals[b]} at {offsets[b]}");
                }
            }
        }).QuickCheckThrowOnFailure();
    }
}
