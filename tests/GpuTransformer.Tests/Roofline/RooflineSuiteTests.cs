using GpuTransformer.Diagnostics.Roofline;
using Xunit;

namespace GpuTransformer.Tests.Roofline;

/// <summary>What is measured on a card, and what it is to reach.</summary>
public class RooflineSuiteTests
{
    [Theory]
    [InlineData("matmul 4096x4096x4096", TargetMeasure.ShareOfCublas, 0.60, 0.85)]
    [InlineData("matmul 4096x768x3072", TargetMeasure.ShareOfCublas, 0.60, 0.85)]
    [InlineData("matmul 512x768x768", TargetMeasure.ShareOfCublas, 0.50, 0.80)]
    [InlineData("matmul 512x768x3072", TargetMeasure.ShareOfCublas, 0.50, 0.80)]
    [InlineData("matmul 96 x 128x64x128", TargetMeasure.ShareOfCublas, 0.50, 0.80)]
    [InlineData("attention 12 heads x 64, 128 x 128", TargetMeasure.ShareOfPeak, 0.35, 0.50)]
    [InlineData("attention 12 heads x 64, 32 x 512 causal", TargetMeasure.ShareOfPeak, 0.35, 0.50)]
    [InlineData("attention 12 heads x 64, 8 x 2048 causal", TargetMeasure.ShareOfPeak, 0.35, 0.50)]
    [InlineData("softmax 262144x512", TargetMeasure.ShareOfCopy, 0.80, 0.92)]
    [InlineData("LayerNorm 174762x768", TargetMeasure.ShareOfCopy, 0.80, 0.92)]
    [InlineData("RMSNorm 174762x768", TargetMeasure.ShareOfCopy, 0.80, 0.92)]
    [InlineData("GELU 174762x768", TargetMeasure.ShareOfCopy, 0.80, 0.92)]
    [InlineData("embedding 174762 of 174762x768", TargetMeasure.ShareOfCopy, 0.80, 0.92)]
    [InlineData("matmul 1x4096x4096 float32", TargetMeasure.ShareOfCopy, 0.70, 0.85)]
    [InlineData("matmul 1x4096x14336 float16", TargetMeasure.ShareOfCopy, 0.70, 0.85)]
    [InlineData("matmul 1x4096x14336 int8", TargetMeasure.ShareOfCopy, 0.70, 0.85)]
    [InlineData("BERT-base 1 x 128 tokens", TargetMeasure.Milliseconds, 2, 1)]
    [InlineData("BERT-base 32 x 128 tokens", TargetMeasure.Milliseconds, 25, 16)]
    [InlineData("launch of one operation in a plan, host side", TargetMeasure.Microseconds, 4, 2)]
    internal void A_card_is_held_against(string name, TargetMeasure measure, double first, double aim)
    {
        var row = Assert.Single(SampleReport.Card().Rows, r => r.Name == name);
        Assert.Equal(new RooflineTarget(measure, first, aim), row.Target);
    }

    [Theory]
    [InlineData(TargetMeasure.ShareOfCopy, 0.79, Verdict.Missed)]
    [InlineData(TargetMeasure.ShareOfCopy, 0.80, Verdict.First)]
    [InlineData(TargetMeasure.ShareOfCopy, 0.95, Verdict.Aim)]
    [InlineData(TargetMeasure.Milliseconds, 0.95, Verdict.Missed)]
    [InlineData(TargetMeasure.Milliseconds, 0.80, Verdict.First)]
    [InlineData(TargetMeasure.Milliseconds, 0.10, Verdict.Aim)]
    internal void Targets_are_judged_in_their_own_direction(TargetMeasure measure, double value, Verdict verdict)
    {
        var target = measure == TargetMeasure.Milliseconds ? new RooflineTarget(measure, 0.80, 0.50) : new RooflineTarget(measure, 0.80, 0.92);
        Assert.Equal(verdict, target.Judge(value));
        Assert.Equal(Verdict.NotJudged, target.Judge(null));
    }

    [Fact]
    public void Every_case_of_a_processor_gives_right_results_and_has_the_name_of_its_row()
    {
        using var device = new BenchDevice("cpu");
        var scale = RooflineScale.Of(device.Kernels.Traits, quick: true) with
        {
            LargeMatMuls = [new(33, 40, 50)],
            LayerMatMuls = [new(17, 64, 48)],
            BatchedMatMuls = 3,
            AttentionTokens = 96,
            AttentionLengths = [32, 48],
            ArrayBytes = 1 << 18,
            RingBytes = 1 << 17,
            RingMatMuls = [new(1, 96, 64)],
            RingEncodings = [Kernels.WeightEncoding.F32, Kernels.WeightEncoding.F16, Kernels.WeightEncoding.Q8_0],
            BertSequences = [],
        };
        using var resources = new RooflineResources(device, scale);
        foreach (var entry in RooflineSuite.Entries(scale).Where(e => e.Family != RowFamily.Model))
        {
            using var benchCase = entry.Make(resources);
            benchCase.Run();
            benchCase.Verify();
            Assert.True(benchCase.Time(1) > 0);
            Assert.StartsWith(entry.Family == RowFamily.Launch ? "launch" : $"{benchCase.Operation} {benchCase.Shape}", entry.Name);
            Assert.True(benchCase.Work.Bytes > 0, entry.Name);
        }
    }

    [Fact]
    public void A_wrong_result_is_no_time()
    {
        using var device = new BenchDevice("cpu");
        using var arrays = new RowArrays(device, 8 * 64);
        using var softmax = new SoftmaxCase(device, 8, 64, arrays);
        softmax.Run();
        arrays.Y.Write(device.Stream, 5, [0.25f]);
        Assert.Contains("y[0, 5]", Assert.Throws<InvalidOperationException>(softmax.Verify).Message);
    }
}
