using System.Text.Json;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>gputx tune, on the only device that every machine has.</summary>
public sealed class TuneCommandTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"tune-{Guid.NewGuid():N}", "tuning.json");

    public void Dispose()
    {
        if (Directory.Exists(Path.GetDirectoryName(_path)))
        {
            Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
        }
    }

    [Fact]
    public async Task Tune_measures_group_kernels_and_writes_what_a_kernel_set_reads()
    {
        var (code, output, error) = await Gputx.RunAsync(
            "tune", "--quick", "--device", "cpu", "--variant", "group", "--out", _path);
        Assert.True(code == 0, error);
        Assert.Contains(output.Split('\n'), line => line.StartsWith("MatMul", StringComparison.Ordinal) && line.Contains("matmul-tile16"));
        Assert.Contains(_path, output);
        var choices = JsonDocument.Parse(File.ReadAllBytes(_path)).RootElement.GetProperty("devices")[0].GetProperty("choices").GetArrayLength();
        using var device = ComputeDevice.Open("cpu");
        Assert.Equal(choices, TuningFile.Read(_path, device.Kernels.Traits).Count);
    }

    [Fact]
    public async Task Where_nothing_would_read_it_tune_asks_for_a_file()
    {
        var (code, _, error) = await Gputx.RunAsync("tune", "--quick", "--device", "cpu");
        Assert.Equal(2, code);
        Assert.Contains("GPUTX_TUNING is off", error);
    }

    [Fact]
    public async Task Devices_says_whether_choices_are_tuned()
    {
        var (code, output, error) = await Gputx.RunAsync("devices", "--device", "cpu");
        Assert.True(code == 0, error);
        Assert.Contains("tuning: ignored, as asked for", output);
    }
}
