using GpuTransformer.Bench.Peers;
using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Bench.Tests.Peers;

/// <summary>Our sides of the rows: made from random weights, run, and right where they are checked.</summary>
public sealed class SideTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly SideContext _context;

    public SideTests() => _context = new SideContext(_scratch.Path, _scratch.Path);

    public void Dispose()
    {
        _context.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void An_encoder_runs_from_a_random_checkpoint_that_is_written_once()
    {
        var shape = new BertShape("tiny", 32, 2, 4, 64);
        using (var side = new EncoderSide(_context, shape, [3, 7]))
        {
            side.Run();
        }

        var file = Path.Combine(_scratch.Path, "tiny", "model.safetensors");
        var written = File.GetLastWriteTimeUtc(file);
        using var model = (Bert)TransformerModel.Load(shape.Checkpoint(_scratch.Path), _context.ComputeDevice);
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        var hidden = model.Forward(new ForwardInputs(new HostTensor("input_ids", [5L, 6, 7], 1, 3)))[0];
        Assert.Equal([1, 3, 32], hidden.Shape);
        Assert.All(hidden.Floats, value => Assert.True(float.IsNormal(value)));
    }

    [Theory]
    [InlineData(17, false)]
    [InlineData(70, true)]
    public void Attention_of_plain_rows_is_right(int length, bool isCausal)
    {
        using var side = new CaseSide(new SelfAttentionCase(_context.Device, 3, 16, length, isCausal, default));
        side.Run();
    }

    [Fact]
    public void Elementwise_operations_are_right()
    {
        using var gelu = new CaseSide(new GeluTanhCase(_context.Device, 5, 48));
        using var norm = new CaseSide(new SkipNormCase(_context.Device, 5, 48));
        gelu.Run();
        norm.Run();
    }

    [Fact]
    public void Both_read_loops_add_up_what_they_read()
    {
        using var loop = StreamReadLoop.Of(4 << 20, Kernels.DeviceTraits.WidestSimd);
        loop.Run();
        loop.Verify();
        Assert.Equal(4 << 20, loop.Work.Bytes);
    }

    [Fact]
    public void A_clock_leaves_preparation_out_and_gives_the_median()
    {
        var side = new CountingSide();
        var times = SideClock.Measure(side, seconds: 0.05);
        Assert.True(times.Runs >= 3);
        Assert.True(side.Runs > times.Runs, "it was warmed up");
        Assert.Equal(side.Runs, side.Preparations);
        Assert.InRange(times.Median, 1, 90);
        Assert.True(times.Minimum <= times.Median);
    }

    private sealed class CountingSide : ISide
    {
        public int Runs { get; private set; }

        public int Preparations { get; private set; }

        public void Prepare()
        {
            Preparations++;
            Thread.Sleep(100);
        }

        public void Run()
        {
            Runs++;
            Thread.Sleep(1);
        }

        public void Dispose()
        {
        }
    }
}
