using System.Text.Json;
using GpuTransformer.Bench.Peers;
using GpuTransformer.Diagnostics.Roofline;
using Xunit;

namespace GpuTransformer.Bench.Tests.Peers;

/// <summary>The table's arithmetic: ratios, targets, bounds.</summary>
public sealed class RatioTests
{
    private const double Giga = 1e9;

    // A thousand operations a nanosecond, two exponentials; of reads a hundred bytes near, ten far; of copies half of that.
    private static readonly MachinePeaks s_peaks = new(
        1000 * Giga, 2 * Giga, [(1e6, 100 * Giga), (double.PositiveInfinity, 10 * Giga)], [(1e6, 50 * Giga), (double.PositiveInfinity, 5 * Giga)]);

    [Fact]
    public void A_ratio_is_the_median_of_the_ratios_not_the_ratio_of_the_medians()
    {
        var ratios = new Ratios();
        ratios.Add(1, 2);
        ratios.Add(9, 10);
        ratios.Add(4, 5);
        Assert.Equal(0.8, ratios.Ratio, 12);
        Assert.Equal((4, 5), (ratios.Ours, ratios.Theirs));
        Assert.Equal((0.5, 0.9), (ratios.Least, ratios.Most));
        Assert.Equal(2.5, Samples.Median([4, 1, 2, 3]));
    }

    [Fact]
    public void The_bound_is_what_takes_longer_arithmetic_or_reads()
    {
        // 1 ms of arithmetic against 0.5 ms of reads from far.
        Assert.Equal(0.25, Result(new Work(Giga, 5e6, false), ours: 2, theirs: 4).Bound(s_peaks), 12);

        // The same bytes from near; then reads that take longer.
        Assert.Equal(0.25, Result(new Work(Giga, 5e5, false), ours: 2, theirs: 4).Bound(s_peaks), 12);
        Assert.Equal(0.5, Result(new Work(Giga, 2e7, true), ours: 2, theirs: 4).Bound(s_peaks), 12);
    }

    [Fact]
    public void Exponentials_come_on_top_of_the_arithmetic()
    {
        // 1 ms of multiply-adds, 0.5 ms of exponentials.
        var result = Result(new Work(Giga, 1, false), ours: 2, theirs: 4);
        Assert.Equal(0.375, (result with { Row = result.Row with { Exponentials = 1e6 } }).Bound(s_peaks), 12);
        var attention = PeerRows.All.Single(row => row.Name == "attention.128");
        Assert.Equal(12.0 * 128 * 128, attention.Exponentials);
    }

    [Fact]
    public void What_writes_as_much_as_it_reads_is_bounded_by_copies()
    {
        var result = Result(new Work(0, 1e7, true), ours: 2, theirs: 4);
        Assert.Equal(0.25, result.Bound(s_peaks), 12);
        Assert.Equal(0.5, (result with { Row = result.Row with { IsCopy = true } }).Bound(s_peaks), 12);
        Assert.All(
            PeerRows.All.Where(row => row.Name.Contains("gelu", StringComparison.Ordinal) || row.Name.StartsWith("softmax", StringComparison.Ordinal)),
            row => Assert.True(row.IsCopy, row.Name));
        Assert.False(PeerRows.All.Single(row => row.Name == "matmul.128x768x768").IsCopy);
    }

    [Fact]
    public void Pieces_of_a_run_are_given_as_one_each_and_bounded_as_all()
    {
        var result = Result(new Work(0, 4e7, true), ours: 1, theirs: 2, pieces: 2);
        Assert.Equal(4e7 / (10 * Giga) / 0.004, result.Bound(s_peaks), 12);
    }

    [Theory]
    [InlineData(0.90, "met, aim too")]
    [InlineData(0.95, "met")]
    [InlineData(0.96, "behind")]
    public void A_row_is_met_at_its_target_and_says_so_for_its_aim(double ours, string verdict) =>
        Assert.Equal(verdict, Result(new Work(1, 1, false), ours, 1).Verdict(s_peaks));

    [Fact]
    public void A_target_beyond_the_bound_is_out_of_reach()
    {
        // 1 ms of arithmetic: 0.96 of the peer's time.
        Assert.True(Result(new Work(Giga, 1, false), ours: 1.02, theirs: 1 / 0.96).IsOutOfReach(s_peaks));
        Assert.False(Result(new Work(Giga, 1, false), ours: 2, theirs: 1 / 0.94).IsOutOfReach(s_peaks));
    }

    [Fact]
    public void Targets_follow_threads_instruction_set_and_the_peer_that_ran()
    {
        var row = Row(new Work(1, 1, IsMemoryBound: false)) with
        {
            IsModel = true,
            Target = new RowTarget(0.8, 0.7),
            CandidateTargets = new Dictionary<string, RowTarget> { ["other"] = new(0.5) },
        };
        Assert.Equal(0.8, row.TargetOf("", 1, InstructionSet.Avx512));
        Assert.Equal(0.7, row.TargetOf("", 2, InstructionSet.Avx512));
        Assert.Equal(0.7, row.TargetOf("", 8, InstructionSet.Avx512));
        Assert.Equal(0.5, row.TargetOf("other", 2, InstructionSet.Avx512));
        Assert.Equal(0.95, row.TargetOf("", 2, InstructionSet.Avx2));
        Assert.Null(row.TargetOf("", 2, InstructionSet.Avx2ByChoice));
        Assert.Null(row.TargetOf("", 2, InstructionSet.Vector128));
        Assert.Equal(0.8, (row with { Work = new Work(1, 1, IsMemoryBound: true) }).TargetOf("", 1, InstructionSet.Avx2ByChoice));
    }

    [Fact]
    public void Without_its_512_bit_registers_what_multiplies_many_rows_is_held_against_the_loop()
    {
        var row = Row(new Work(Giga, 1, IsMemoryBound: false)) with { ProductRows = 128 };
        var ratios = new Ratios();
        ratios.Add(1.25, 1);
        var result = new RowResult(row, 1, "", ratios, InstructionSet.Avx2ByChoice);
        Assert.Equal(0.8, result.FmaShare(s_peaks), 12);
        Assert.Equal("behind", result.Verdict(s_peaks));
        Assert.Null((row with { ProductRows = 8 }).FmaShareOf(InstructionSet.Avx2ByChoice));
        Assert.Null(row.FmaShareOf(InstructionSet.Avx512));
        Assert.Null((row with { Work = new Work(Giga, 1, IsMemoryBound: true) }).FmaShareOf(InstructionSet.Avx2ByChoice));
    }

    [Fact]
    public void The_instruction_set_is_what_runs_and_what_the_machine_has()
    {
        const string Wide = "flags : fpu avx2 avx512f avx512bw", Narrow = "flags : fpu avx2";
        Assert.Equal(InstructionSet.Avx512, PeersRun.SetOf(512, true, Wide));
        Assert.Equal(InstructionSet.Avx2ByChoice, PeersRun.SetOf(256, false, Wide));
        Assert.Equal(InstructionSet.Avx2, PeersRun.SetOf(256, false, Narrow));
        Assert.Equal(InstructionSet.Vector128, PeersRun.SetOf(128, false, Narrow));
    }

    [Fact]
    public void Peaks_survive_the_way_from_one_process_to_another()
    {
        var read = MachinePeaks.Parse(JsonSerializer.Deserialize<JsonElement>(s_peaks.ToJson()));
        Assert.Equal(s_peaks.Flops, read.Flops);
        Assert.Equal(s_peaks.Exponentials, read.Exponentials);
        Assert.Equal(s_peaks.Reads, read.Reads);
        Assert.Equal(s_peaks.Copies, read.Copies);
    }

    [Fact]
    public void Of_reads_the_fastest_of_a_size_counts_and_a_nearer_place_is_no_slower()
    {
        var far = double.PositiveInfinity;
        Assert.Equal([(4, 9), (16, 8), (far, 8)], MachinePeaks.Ascending([(4, 9), (16, 5), (far, 7), (far, 8)]));
    }

    [Fact]
    public void Peaks_of_several_times_give_the_best()
    {
        MachinePeaks[] all = [.. new[] { 1.0, 5, 3 }.Select(x => new MachinePeaks(x, 2 * x, [(double.PositiveInfinity, 10 * x)], [(1, 5 * x)]))];
        var best = MachinePeaks.Best(all);
        Assert.Equal((5, 10, 50, 25), (best.Flops, best.Exponentials, MachinePeaks.Rate(best.Reads, 1e12), MachinePeaks.Rate(best.Copies, 1)));
    }

    [Fact]
    public void Cells_and_json_say_the_same()
    {
        var result = Result(new Work(Giga, 1, false), ours: 2, theirs: 4);
        Assert.Equal(
            ["row", "1", "2.00 ms", "4.00 ms", "0.50", "0.50 - 0.50", "0.95", "0.25", "met, aim too", "AVX-512", "way"],
            PeersTable.Cells(result, s_peaks));
        var failed = new RowResult(result.Row, 2, "", new Ratios(), InstructionSet.Avx512, "no library");
        Assert.Contains("not timed", PeersTable.Cells(failed, s_peaks));
        var json = JsonSerializer.Deserialize<JsonElement>(PeersJson.Write(
            new PeersPlan([result.Row], [1, 2], 1, 1), [result, failed], new Dictionary<int, MachinePeaks> { [1] = s_peaks, [2] = s_peaks }));
        var rows = json.GetProperty("rows");
        Assert.Equal(0.5, rows[0].GetProperty("ratio").GetDouble());
        Assert.Equal("no library", rows[1].GetProperty("failure").GetString());
    }

    private static PeerRow Row(Work work) =>
        new("row", work, new GraphPeer("graph"), new RowTarget(0.95, 0.95, 0.90), _ => throw new InvalidOperationException("not run"));

    private static RowResult Result(Work work, double ours, double theirs, int pieces = 1)
    {
        var ratios = new Ratios();
        ratios.Add(ours, theirs);
        return new RowResult(Row(work) with { Pieces = pieces }, 1, "way", ratios, InstructionSet.Avx512);
    }
}
