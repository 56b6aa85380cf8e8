using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Bench.Children;
using GpuTransformer.Bench.Peers;
using Xunit;

namespace GpuTransformer.Bench.Tests.Peers;

/// <summary>The command line, processes that fail, and what is left behind: nothing.</summary>
public sealed class PeersCommandTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("peers")]
    [InlineData("peers", "--node", ".", "--threads", "0")]
    [InlineData("peers", "--node", ".", "--threads", "two")]
    [InlineData("peers", "--node", ".", "--rows", "no-such-row")]
    [InlineData("peers", "--node", ".", "--alternations", "0")]
    [InlineData("peers", "--node", ".", "--seconds", "-1")]
    [InlineData("peers", "--node", ".", "--fast")]
    public async Task A_wrong_command_line_is_exit_code_2(params string[] args) =>
        Assert.Equal(BenchExit.Usage, await BenchCommands.Invoke(args));

    [Fact]
    public async Task A_folder_without_what_is_needed_is_exit_code_3()
    {
        Assert.Equal(BenchExit.InputOutput, await BenchCommands.Invoke(["peers", "--node", _scratch.Path, "--shared", _scratch.Path]));
        MakeShared();
        Assert.Equal(BenchExit.InputOutput, await BenchCommands.Invoke(["peers", "--node", _scratch.Path, "--shared", _scratch.Path]));
    }

    [Fact]
    public void Rows_are_chosen_by_name_or_beginning_in_the_order_of_the_table()
    {
        Assert.Equal(PeerRows.All, PeerRows.Select([]));
        Assert.Equal(
            ["bert-base.1x128", "gpt2.step.past128", "gpt2.step.past512"],
            PeerRows.Select(["gpt2.step", "bert-base.1x128"]).Select(row => row.Name));
        Assert.Contains("no row begins with 'bart'", Assert.Throws<ArgumentException>(() => PeerRows.Select(["bart"])).Message, StringComparison.Ordinal);
        Assert.Equal(PeerRows.All.Count, PeerRows.All.Select(row => row.Name).Distinct().Count());
    }

    [Fact]
    public void Every_row_does_something_and_has_a_target()
    {
        foreach (var row in PeerRows.All)
        {
            Assert.True(row.Work.Flops + row.Work.Bytes > 0, row.Name);
            Assert.InRange(row.Target!.OneThread, 0.01, 1.1);
            Assert.InRange(row.Target.MoreThreads, 0.01, 1.1);
        }
    }

    [Fact]
    public void Other_first_arguments_are_not_commands()
    {
        Assert.True(BenchCommands.Has("peers"));
        Assert.False(BenchCommands.Has("--quick"));
        Assert.False(BenchCommands.Has("--filter"));
    }

    [Fact]
    public void Peers_answers_become_milliseconds()
    {
        JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal(5, new GraphPeer("graph", Times: 2).Milliseconds(Json("{\"median\":2.5}")));
        Assert.Equal(640, new LlamaPeer(128, 64, IsDecoding: true).Milliseconds(Json("{\"decode_tokens_per_s\":100}")), 9);
        Assert.Equal(640, new LlamaPeer(128, 64, IsDecoding: false).Milliseconds(Json("{\"prefill_tokens_per_s\":200}")), 9);
        Assert.Throws<ChildException>(() => new GraphPeer("graph").Milliseconds(Json("{\"median\":null}")));
    }

    [Fact]
    public void Llama_may_take_fewer_threads_and_a_graph_both_forms_that_are_there()
    {
        MakeShared();
        var places = new PeerPlaces(_scratch.Path, _scratch.Path, _scratch.Path);
        Assert.Equal(["llama.cpp x1", "llama.cpp x2"], new LlamaPeer(16, 1, false).Candidates(places, 2));
        File.WriteAllText(places.Script("graph.onnx"), "");
        Assert.Equal(["graph"], new GraphPeer("graph").Candidates(places, 2));
        File.WriteAllText(places.Script("graph.fused.onnx"), "");
        Assert.Equal(["graph", "graph.fused"], new GraphPeer("graph").Candidates(places, 2));
    }

    [SkippableFact]
    public async Task An_interrupted_run_removes_its_scratch_folder_and_its_children()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "signals are sent with kill, and env lets a background job's children take them");
        MakeShared();
        Directory.CreateDirectory(Path.Combine(_scratch.Path, "node_modules", "onnxruntime-node"));
        var temporary = Directory.CreateDirectory(Path.Combine(_scratch.Path, "temporary")).FullName;
        var start = new ProcessStartInfo(
            "env",
            [
                "--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "GpuTransformer.Bench.dll"), "peers", "--node", _scratch.Path, "--shared", _scratch.Path,
                "--rows", "matmul", "--threads", "1",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = temporary;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        for (var i = 0; i < 600 && !process.HasExited && Scratches(temporary).Length == 0; i++)
        {
            await Task.Delay(50);
        }

        Assert.Single(Scratches(temporary));
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"])!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(patience.Token);
        Assert.Equal(BenchExit.Interrupted, process.ExitCode);
        Assert.Empty(Scratches(temporary));
        Assert.Contains("interrupted", await errors, StringComparison.Ordinal);
        Assert.Contains("rows on 1 thread(s)", await output, StringComparison.Ordinal);
    }

    private static string[] Scratches(string folder) => Directory.GetDirectories(folder, "gputx-peers-*");

    private void MakeShared()
    {
        var peers = Directory.CreateDirectory(Path.Combine(_scratch.Path, "peers")).FullName;
        foreach (var name in new[] { "ort.mjs", "llama.mjs", "graphs.json" })
        {
            File.WriteAllText(Path.Combine(peers, name), "");
        }
    }
}
