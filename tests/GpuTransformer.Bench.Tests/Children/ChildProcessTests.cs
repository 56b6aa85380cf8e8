using System.Diagnostics;
using GpuTransformer.Bench.Children;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Bench.Tests.Children;

/// <summary>Processes that answer, fail, hang, or are not there.</summary>
public sealed class ChildProcessTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task What_a_process_writes_is_read_and_timed()
    {
        var output = await ChildProcess.Run(new ProcessStartInfo("dotnet", ["--version"]), s_patience, CancellationToken.None);
        Assert.Matches(@"^\d+\.\d+", output.Output);
        Assert.Equal("", output.Errors);
        Assert.InRange(output.Time.TotalSeconds, 0.001, 60);
    }

    [Fact]
    public async Task A_process_that_fails_is_told_from_one_that_is_not_there()
    {
        var failed = await Assert.ThrowsAsync<ChildException>(
            () => ChildProcess.Run(new ProcessStartInfo("dotnet", ["no-such-file.dll"]), s_patience, CancellationToken.None));
        Assert.Contains("exit code", failed.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InputException>(
            () => ChildProcess.Run(new ProcessStartInfo("no-such-program"), s_patience, CancellationToken.None));
    }

    [SkippableFact]
    public async Task A_process_that_hangs_is_ended()
    {
        Skip.If(OperatingSystem.IsWindows(), "sleep is a program of Unix");
        var clock = Stopwatch.StartNew();
        var hung = await Assert.ThrowsAsync<ChildException>(
            () => ChildProcess.Run(new ProcessStartInfo("sleep", ["600"]), TimeSpan.FromMilliseconds(200), CancellationToken.None));
        Assert.Contains("ended after", hung.Message, StringComparison.Ordinal);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ChildProcess.Run(new ProcessStartInfo("sleep", ["600"]), s_patience, cancellation.Token));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.4, 300);
    }

    [Fact]
    public void The_last_line_of_a_process_is_its_answer()
    {
        Assert.Equal(2.5, ChildOutput.Number(Written("a warning\n{\"median\":2.5}\n\n").Json(), "median"));
        Assert.Throws<ChildException>(() => Written("Segmentation fault").Json());
        Assert.Throws<ChildException>(() => Written("2.5").Json());
        Assert.Throws<ChildException>(() => Written("").Json());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"median\":null}")]
    [InlineData("{\"median\":\"fast\"}")]
    [InlineData("{\"median\":0}")]
    public void An_answer_without_a_time_is_refused(string answer) =>
        Assert.Throws<ChildException>(() => ChildOutput.Number(Written(answer).Json(), "median"));

    private static ChildOutput Written(string output) => new(output, "", DateTime.UtcNow, TimeSpan.Zero);
}
