using System.IO.Pipes;
using System.Runtime.InteropServices;
using GpuTransformer.Bench.Memory;
using Xunit;

namespace GpuTransformer.Bench.Tests.Memory;

/// <summary>What grows is seen and named, and what does not is not.</summary>
public sealed unsafe class MemoryGrowthTests
{
    private const int Runs = 400;
    private const long Megabyte = 1 << 20;

    [SkippableFact]
    public void A_run_that_keeps_managed_objects_is_seen()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "memory is read from /proc");
        var kept = new List<byte[]>();
        var growth = MemoryGrowth.Of(() => kept.Add(new byte[20_000]), Runs);
        Assert.InRange(growth.Heap, Runs * 19_000L, Runs * 30_000L);
        Assert.Equal(Runs, growth.Runs);
        GC.KeepAlive(kept);
    }

    [SkippableFact]
    public void A_run_that_keeps_native_memory_is_seen()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "memory is read from /proc");
        var kept = new List<nint>();
        var growth = MemoryGrowth.Of(
            () =>
            {
                var bytes = NativeMemory.Alloc(1 << 18);
                NativeMemory.Fill(bytes, 1 << 18, 1);
                kept.Add((nint)bytes);
            },
            Runs);
        kept.ForEach(bytes => NativeMemory.Free((void*)bytes));
        Assert.InRange(growth.Private, 60 * Megabyte, 160 * Megabyte);
        Assert.InRange(growth.Heap, -Megabyte, Megabyte);
        Assert.True(growth.Peak > growth.Private);
    }

    [SkippableFact]
    public void A_file_that_stays_open_is_named()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "handles are read from /proc");
        var path = Path.GetTempFileName();
        try
        {
            var before = OpenHandles.List();
            using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
            {
                Assert.Equal([path], OpenHandles.Beyond(before, OpenHandles.List()).Where(target => target == path));
            }

            Assert.DoesNotContain(path, OpenHandles.Beyond(before, OpenHandles.List()));
            Assert.DoesNotContain(typeof(MemoryGrowthTests).Assembly.Location, before);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_step_is_no_growth_and_a_slope_is()
    {
        Assert.Equal(0, MemoryGrowth.Steady([10, 10, 10, 5_000_010, 5_000_010, 5_000_010, 5_000_010, 5_000_010, 5_000_010, 5_000_010, 5_000_010]));
        Assert.Equal(70, MemoryGrowth.Steady([.. Enumerable.Range(0, 11).Select(i => 7L * i)]));
    }

    [SkippableFact]
    public void Pipes_are_the_runtimes_only_while_there_are_as_many_threads()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "handles are read from /proc");
        var before = OpenHandles.List();
        var pipes = new List<AnonymousPipeServerStream>();
        for (var i = 0; i <= Directory.GetDirectories("/proc/self/task").Length + 20; i++)
        {
            pipes.Add(new AnonymousPipeServerStream());
        }

        Assert.NotEmpty(OpenHandles.Beyond(before, OpenHandles.List()));
        pipes.ForEach(pipe => pipe.Dispose());
    }

    [Fact]
    public void Handles_of_one_target_are_counted()
    {
        Assert.Equal(["b"], OpenHandles.Beyond(["a", "b", "b"], ["a", "b", "b", "b"]));
        Assert.Empty(OpenHandles.Beyond(["a", "b"], ["b"]));
    }
}
