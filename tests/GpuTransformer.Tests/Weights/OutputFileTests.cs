using System.Diagnostics;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>What stands where a file is to go and is no plain file: it is written to, never replaced.</summary>
public sealed class OutputFileTests : IDisposable
{
    private const string FullMajor = "1", FullMinor = "7";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task A_pipe_stays_a_pipe_and_takes_what_is_written()
    {
        Skip.If(OperatingSystem.IsWindows(), "pipes have no names in folders there");
        var pipe = _folder.File("pipe");
        Assert.True(Made("mkfifo", pipe));
        var reading = Task.Run(() => File.ReadAllText(pipe));
        Save(pipe, "answer");
        Assert.Equal("answer", await reading.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal([pipe], Directory.GetFileSystemEntries(_folder.Path));
    }

    // A node of its own where that may be made: code that replaced it would break the machine's.
    [SkippableFact]
    public void A_device_that_takes_nothing_is_an_error_and_stays()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a device like /dev/full");
        var device = _folder.File("full");
        Skip.If(Environment.IsPrivilegedProcess && !Made("mknod", device, "c", FullMajor, FullMinor), "no node may be made here");
        device = Environment.IsPrivilegedProcess ? device : "/dev/full";
        var before = Directory.GetFileSystemEntries(_folder.Path);
        for (var time = 0; time < 2; time++)
        {
            using var file = OutputFile.Create(device);
            file.Stream.Write("answer"u8);
            Assert.Contains(device, Assert.Throws<InputException>(file.Commit).Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(_folder.Path));
    }

    [SkippableTheory]
    [InlineData("old")]
    [InlineData("")]
    [InlineData(null)]
    public void A_link_stays_and_its_target_is_replaced(string? before)
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a right of their own there");
        var (target, link) = (_folder.File("target"), _folder.File("link"));
        if (before is not null)
        {
            File.WriteAllText(target, before);
        }

        File.CreateSymbolicLink(link, "target");
        Save(link, "answer");
        Assert.Equal("target", new FileInfo(link).LinkTarget);
        Assert.Equal("answer", File.ReadAllText(target));
        Assert.Equal([link, target], Directory.GetFileSystemEntries(_folder.Path).Order());
    }

    [Fact]
    public void An_empty_file_that_is_not_written_after_all_stays()
    {
        var path = _folder.Write("empty", "");
        OutputFile.Create(path).Dispose();
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
        Save(path, "answer");
        Assert.Equal("answer", File.ReadAllText(path));
    }

    private static void Save(string path, string text)
    {
        using var file = OutputFile.Create(path);
        file.Stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        file.Commit();
    }

    private static bool Made(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
