using System.Diagnostics;
using System.Text.Json;
using GpuTransformer.Cli.Verify;
using GpuTransformer.Diagnostics;
using GpuTransformer.Diagnostics.Verify;
using GpuTransformer.Kernels;
using Spectre.Console;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>gputx verify: exit codes, the document for machines, the table for people, kernels that never end.</summary>
public class VerifyCommandTests
{
    [Fact]
    public async Task What_is_right_passes_and_every_variant_is_named()
    {
        var (code, output, error) = await Gputx.RunAsync("verify", "--device", "cpu", "--operation", "Concat", "--quick");
        Assert.True(code == 0, error);
        Assert.Equal("", error);
        foreach (var variant in Concat.Variants)
        {
            Assert.Contains(output.Split('\n'), line => line.Contains($" {variant.Name} ", StringComparison.Ordinal) && line.Contains("pass", StringComparison.Ordinal));
        }

        Assert.Contains("4 of 4 variants passed", output, StringComparison.Ordinal);
        Assert.DoesNotContain("attach", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_document_and_the_report_file_is_the_same()
    {
        using var folder = new ModelFolder("g2p");
        var file = folder.At("report.json");
        var (code, output, error) = await Gputx.RunAsync(
            "verify", "--device", "cpu", "--operation", "MatMul", "--smoke", "--json", "--seed", "5", "--report", file);
        Assert.True(code == 0, error);
        var document = JsonDocument.Parse(output).RootElement;
        Assert.True(document.GetProperty("allRight").GetBoolean());
        Assert.Equal(5, document.GetProperty("seed").GetInt32());
        Assert.Equal("smoke", document.GetProperty("extent").GetString());
        Assert.StartsWith("gputx ", document.GetProperty("machine").GetProperty("program").GetString());
        foreach (var name in new[] { "ilgpu", "device", "driver", "processor", "operatingSystem", "runtime" })
        {
            Assert.NotEqual("", document.GetProperty("machine").GetProperty(name).GetString());
        }

        var variants = document.GetProperty("variants").EnumerateArray().ToArray();
        Assert.Equal(MatMulVariants<StandardEpilogue>.Table().Length, variants.Length);
        var naive = variants.Single(v => v.GetProperty("variant").GetString() == "matmul-naive");
        Assert.Equal("passed", naive.GetProperty("outcome").GetString());
        Assert.InRange(naive.GetProperty("largestShare").GetDouble(), 0, 1);
        Assert.Equal(JsonValueKind.Null, naive.GetProperty("sameTwice").ValueKind);
        var tile = variants.Single(v => v.GetProperty("variant").GetString() == "matmul-tile128");
        Assert.Equal("notOnThisDevice", tile.GetProperty("outcome").GetString());
        Assert.Contains("threads a group, device allows", tile.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(output.TrimEnd(), File.ReadAllText(file).TrimEnd());
    }

    [Theory]
    [InlineData(2, "no operation has that in its name", "--device", "cpu", "--operation", "nonsense")]
    [InlineData(2, "--seed 'x'", "--device", "cpu", "--seed", "x")]
    [InlineData(4, "cuda:7 was asked for", "--device", "cuda:7")]
    [InlineData(3, "report", "--device", "cpu", "--operation", "Add", "--report", "/no/such/folder/report.json")]
    public async Task Faults_have_codes_and_one_line(int expected, string part, params string[] arguments)
    {
        var (code, output, error) = await Gputx.RunAsync(["verify", .. arguments]);
        Assert.Equal(expected, code);
        Assert.Equal("", output);
        Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_failure_says_what_was_wrong_and_what_to_send()
    {
        using var device = ComputeDevice.Open("cpu");
        var run = new VerifyRun(new(device.Kernels), SweepExtent.Smoke, 9, "Rotary")
        {
            Tamper = (variant, _, values) =>
            {
                // The status word is an output too.
                if (variant == "rotary-cpu-" + DeviceTraits.WidestSimd && values.Length > 3)
                {
                    values[3] = 99;
                }
            },
        };
        run.Execute();
        var report = new VerifyReport(MachineDescription.Of(device.Kernels), SweepExtent.Smoke, 9, 1, null, run.Results());
        Assert.False(report.AllRight);
        Assert.Equal(1, report.Failed);
        Assert.True(report.Passed > 0);
        var text = Text(report);
        Assert.Contains("FAIL (2)", text, StringComparison.Ordinal);
        Assert.Contains("y: element 3 is 99, expected ", text, StringComparison.Ordinal);
        Assert.Contains("units 0 to 3, 2 spare", text, StringComparison.Ordinal);
        Assert.Contains("attach here.json", text, StringComparison.Ordinal);
        Assert.Contains("--seed 9", text, StringComparison.Ordinal);
        var failure = JsonDocument.Parse(report.ToJson()).RootElement.GetProperty("variants").EnumerateArray()
            .Single(v => v.GetProperty("outcome").GetString() == "failed").GetProperty("failures")[0];
        Assert.Equal("4x2x64 turns 64", failure.GetProperty("shape").GetString());
    }

    [Fact]
    public void A_run_that_was_interrupted_is_no_fault_of_the_device()
    {
        using var device = ComputeDevice.Open("cpu");
        var waiting = new VariantTally("Add", "add-rows", "group").Result();
        var report = new VerifyReport(MachineDescription.Of(device.Kernels), SweepExtent.Smoke, 9, 1, null, [waiting])
        {
            Interruption = "at shape 3 of 90",
        };
        Assert.False(report.AllRight);
        Assert.False(report.IsFault);
        var text = Text(report);
        Assert.Contains("Interrupted at shape 3 of 90; what was checked before it stands.", text, StringComparison.Ordinal);
        Assert.Contains("Not run (1): the run ended before it came to them:", text, StringComparison.Ordinal);
        Assert.Contains("suits them", Text(report with { Interruption = null }), StringComparison.Ordinal);
        Assert.DoesNotContain("device failed", text, StringComparison.Ordinal);
        Assert.DoesNotContain("open an issue", text, StringComparison.Ordinal);
        Assert.Contains("open an issue", Text(report with { DeviceError = "it is gone" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_never_ends_is_given_up()
    {
        // Neither is closed: the thread of the kernel keeps both.
        var device = ComputeDevice.Open("cpu");
        var never = new ManualResetEventSlim();
        VerifyRun? run = null;
        run = new VerifyRun(new(device.Kernels), SweepExtent.Smoke, 1, "Softmax")
        {
            Tamper = (variant, _, _) =>
            {
                if (variant == "softmax-stream")
                {
                    run!.Watch.Begin(variant);
                    never.Wait();
                }
            },
        };
        Assert.False(VerifyProgress.Wait(run, TimeSpan.FromSeconds(1), shows: false, default));
        Assert.Equal("softmax-stream", run.Watch.Variant);
        Assert.Contains(run.Results(), result => result is { Variant: "softmax-naive", Cases: 1 });
    }

    [Fact]
    public void An_interrupted_run_does_not_wait_for_its_kernel()
    {
        // Neither is closed: the thread of the kernel that never ends keeps both.
        var device = ComputeDevice.Open("cpu");
        var never = new ManualResetEventSlim();
        using var interrupt = new CancellationTokenSource();
        var run = new VerifyRun(new(device.Kernels), SweepExtent.Smoke, 1, "Softmax")
        {
            Tamper = (_, _, _) =>
            {
                interrupt.Cancel();
                never.Wait();
            },
        };
        Assert.Throws<OperationCanceledException>(() => VerifyProgress.Wait(run, TimeSpan.FromMinutes(5), shows: false, interrupt.Token));
    }

    [SkippableFact]
    public async Task An_interrupt_leaves_the_report_though_it_comes_twice()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no SIGINT to send");
        using var folder = new ModelFolder("g2p");
        var file = folder.At("report.json");
        using var process = Gputx.Start("verify", "--device", "cpu", "--report", file);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var name = Path.GetFileName(file);
        for (var waited = 0; Directory.GetFiles(Path.GetDirectoryName(file)!, $"{name}.*").Length == 0 && waited < 600; waited++)
        {
            await Task.Delay(100);
        }

        // As timeout(1) does: the process, then its group.
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(130, process.ExitCode);
        Assert.StartsWith("gputx: interrupted at shape", await error);
        Assert.Contains("what was checked before it stands", await output, StringComparison.Ordinal);
        Assert.StartsWith(
            "at shape", JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("interruption").GetString(), StringComparison.Ordinal);
    }

    private static string Text(VerifyReport report)
    {
        var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 200;
        VerifyTable.Print(console, report, "here.json");
        return writer.ToString();
    }
}
