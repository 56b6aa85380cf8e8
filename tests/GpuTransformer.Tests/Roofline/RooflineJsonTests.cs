using System.Text.Json;
using GpuTransformer.Diagnostics.Roofline;
using Xunit;

namespace GpuTransformer.Tests.Roofline;

/// <summary>A report as JSON, and the command that makes one.</summary>
public class RooflineJsonTests
{
    [Fact]
    public void Json_holds_every_row_with_numbers_in_plain_units()
    {
        var report = SampleReport.Card();
        var root = JsonDocument.Parse(RooflineJson.Write(report)).RootElement;
        Assert.Equal("2026-11-21T20:00:00Z", root.GetProperty("date").GetString());
        Assert.Equal(5, root.GetProperty("roofs").GetArrayLength());
        Assert.Equal("a row without time", root.GetProperty("leftOut")[0].GetProperty("name").GetString());
        var rows = root.GetProperty("rows").EnumerateArray().ToArray();
        var worst = rows.Single(r => r.GetProperty("name").GetString() == root.GetProperty("worst").GetString());
        Assert.Equal(
            rows.Where(r => r.TryGetProperty("targetValue", out _) && !IsTime(r)).Min(Nearness), Nearness(worst));
        Assert.Equal(report.Rows.Select(r => r.Name), rows.Select(r => r.GetProperty("name").GetString()));
        foreach (var (row, json) in report.Rows.Zip(rows))
        {
            Assert.Equal(row.Time.Median, json.GetProperty("time").GetProperty("median").GetDouble());
            Assert.Equal(row.BytesPerSecond, json.GetProperty("bytesPerSecond").GetDouble());
            Assert.Equal(row.Cublas is not null, json.TryGetProperty("cublas", out _));
            Assert.Equal(row.Verdict.ToString(), json.GetProperty("verdict").GetString(), ignoreCase: true);
        }
    }

    private static bool IsTime(JsonElement row) => row.GetProperty("target").GetProperty("isTime").GetBoolean();

    private static double Nearness(JsonElement row) =>
        row.GetProperty("targetValue").GetDouble() / row.GetProperty("target").GetProperty("first").GetDouble();

    [Fact]
    public async Task Once_runs_each_row_without_a_report()
    {
        var (code, output, error) = await Cli.Gputx.RunAsync("bench", "--device", "cpu", "--once", "--filter", "launch");
        Assert.True(code == 0, error);
        Assert.Equal("launch of one operation in a plan, host side: ran", output.Trim());
    }

    [Fact]
    public async Task The_command_measures_the_rows_asked_for_and_writes_all_three_forms()
    {
        var folder = Directory.CreateTempSubdirectory("gputx-bench");
        try
        {
            var (code, output, error) = await Cli.Gputx.RunAsync(
                "bench", "--device", "cpu", "--quick", "--filter", "launch", "plan", "--json", "--out", folder.FullName);
            Assert.True(code == 0, error);
            var root = JsonDocument.Parse(output).RootElement;
            Assert.False(root.GetProperty("isCard").GetBoolean());
            Assert.True(root.GetProperty("isComplete").GetBoolean());
            var row = Assert.Single(root.GetProperty("rows").EnumerateArray());
            Assert.True(row.GetProperty("time").GetProperty("median").GetDouble() > 0);
            Assert.Equal("notJudged", row.GetProperty("verdict").GetString());
            Assert.Equal(output.Trim(), File.ReadAllText(Path.Combine(folder.FullName, "bench.json")).Trim());
            Assert.Contains("launch of one operation", File.ReadAllText(Path.Combine(folder.FullName, "bench.html")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_filter_that_no_row_meets_is_an_error_that_lists_them()
    {
        var (code, _, error) = await Cli.Gputx.RunAsync("bench", "--device", "cpu", "--filter", "nosuchrow");
        Assert.Equal(2, code);
        Assert.Contains("no row contains 'nosuchrow'", error);
        Assert.Contains("softmax", error);
    }
}
