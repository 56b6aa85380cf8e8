using System.Diagnostics;
using Xunit;

namespace GpuTransformer.Tests.Roofline;

/// <summary>The script that keeps the bundle and the repository small enough to travel together.</summary>
public class BundleScriptTests
{
    [SkippableTheory]
    [InlineData(1 << 20, 0, "")]
    [InlineData(24_000_000, 0, "")]
    [InlineData(24_000_001, 1, "the bundle is too large")]
    public async Task A_bundle_over_its_size_fails(long bytes, int expected, string complaint)
    {
        var script = Script();
        Skip.If(script is null || !OperatingSystem.IsLinux(), "needs the repository and a shell");
        var bundle = Path.GetTempFileName();
        try
        {
            using (var file = new FileStream(bundle, FileMode.Open))
            {
                file.SetLength(bytes);
            }

            var (code, output, error) = await RunAsync(script, bundle);
            Assert.Equal(expected, code);
            Assert.Contains($"bundle {bytes} bytes", output);
            Assert.Contains(complaint, error);
        }
        finally
        {
            File.Delete(bundle);
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string script, string bundle)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [script, bundle]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static string? Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GpuTransformer.sln")) && Path.Exists(Path.Combine(folder.FullName, ".git")))
            {
                return Path.Combine(folder.FullName, "tools", "bundle", "check-size.sh");
            }
        }

        return null;
    }
}
