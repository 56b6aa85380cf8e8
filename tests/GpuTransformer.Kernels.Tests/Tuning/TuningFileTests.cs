using System.Text;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The file of tuned choices: what is written is read for that device and code alone, and nothing in it can
/// make a kernel set fail.</summary>
public sealed class TuningFileTests : IDisposable
{
    private static readonly DateOnly s_date = new(2026, 11, 21);
    private static readonly ShapeClass s_shape = new(7, 10, 10, 0);

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"tuning-{Guid.NewGuid():N}.json");
    private readonly DeviceTraits _card = Traits("a card");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_is_written_is_read_for_that_device()
    {
        Write(_card, new TunedChoice("MatMul", s_shape, "matmul-tile64"), new TunedChoice("Softmax", s_shape, "softmax-stream"));
        var table = TuningFile.Read(_path, _card);
        Assert.Equal(2, table.Count);
        Assert.Equal("matmul-tile64", table.Find("MatMul", new ShapeClass(7, 10, 10, 0)));
        Assert.Equal("softmax-stream", table.Find("Softmax", s_shape));
        Assert.Null(table.Find("MatMul", new ShapeClass(7, 10, 10, 1)));
        Assert.Null(table.Find("LayerNorm", s_shape));
        Assert.Contains("2 choices of 2026-11-21", table.Origin);
        Assert.Equal(0, TuningFile.Read(_path, Traits("another card")).Count);
        Assert.Equal(0, TuningFile.Read(_path, _card with { Multiprocessors = 5 }).Count);
    }

    [Fact]
    public void Another_device_keeps_its_entry_and_the_same_one_gets_a_new_one()
    {
        var other = Traits("another card");
        Write(other, new TunedChoice("MatMul", s_shape, "matmul-tile16"));
        Write(_card, new TunedChoice("MatMul", s_shape, "matmul-tile64"));
        Write(_card, new TunedChoice("MatMul", s_shape, "matmul-tile128"));
        Assert.Equal("matmul-tile16", TuningFile.Read(_path, other).Find("MatMul", s_shape));
        Assert.Equal("matmul-tile128", TuningFile.Read(_path, _card).Find("MatMul", s_shape));
        Assert.Equal(1, TuningFile.Read(_path, _card).Count);
    }

    [Fact]
    public void Choices_for_other_kernels_are_ignored_and_said_to_be()
    {
        Write(_card, new TunedChoice("MatMul", s_shape, "matmul-tile64"));
        var text = File.ReadAllText(_path);
        Assert.Contains(KernelHash.Value, text);
        File.WriteAllText(_path, text.Replace(KernelHash.Value, "000000000000-000000000000"));
        var table = TuningFile.Read(_path, _card);
        Assert.Equal(0, table.Count);
        Assert.Contains("for other kernels: run gputx tune again", table.Origin);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"format\":2,\"devices\":[]}")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":1,\"devices\":[null]}")]
    [InlineData("{\"format\":1,\"devices\":[{\"device\":\"x\"}]}")]
    [InlineData("{\"format\":1,\"devices\":[{\"device\":\"x\",\"kernels\":\"y\",\"date\":\"z\",\"choices\":[{\"operation\":\"MatMul\",\"shape\":[1],\"variant\":\"v\"}]}]}")]
    [InlineData("{\"format\":1,\"devices\":[{\"device\":\"x\",\"kernels\":\"y\",\"date\":\"z\",\"choices\":[null]}]}")]
    [InlineData("{\"format\":1,\"devices\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}")]
    public void A_file_that_cannot_be_used_is_told_and_begun_anew(string text)
    {
        File.WriteAllText(_path, text);
        var table = TuningFile.Read(_path, _card);
        Assert.Equal(0, table.Count);
        Assert.Contains("cannot be used", table.Origin);
        Write(_card, new TunedChoice("MatMul", s_shape, "matmul-tile64"));
        Assert.Equal(1, TuningFile.Read(_path, _card).Count);
    }

    [Fact]
    public void A_file_of_any_size_is_not_read()
    {
        using (var file = File.Create(_path))
        {
            file.SetLength(1L << 32);
        }

        Assert.Contains("4,294,967,296 bytes", TuningFile.Read(_path, _card).Origin);
    }

    [Fact]
    public void Without_a_file_nothing_is_tuned()
    {
        Assert.Same(TuningTable.None, TuningFile.Read(_path, _card));
        Assert.Equal("not tuned", TuningTable.None.Origin);
    }

    [Fact]
    public void The_environment_says_to_ignore_it()
    {
        // The tests themselves run without tuned choices.
        Assert.Null(TuningFile.UserPath);
        Assert.Equal("ignored, as asked for", TuningTable.For(_card).Origin);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(64, 6)]
    [InlineData(65, 7)]
    [InlineData(128, 7)]
    [InlineData(129, 8)]
    [InlineData(long.MaxValue, 63)]
    public void A_class_ends_at_a_power_of_two(long size, int expected) => Assert.Equal(expected, ShapeClass.Of(size));

    [Fact]
    public void A_kernel_set_takes_the_choice_of_its_table_and_allocates_nothing_for_it()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var x = device.Upload(new float[32 * 64]);
        using var y = device.Upload(new float[32 * 64]);
        var softmax = new SoftmaxArgs
        {
            X = RowView.Dense(x.View, 64),
            Y = RowView.Dense(y.View, 64),
            Width = 64,
            Rows = ActiveRows.Fixed(32),
            RowsPerInterval = 1,
            RowsPerMask = 1,
        };
        var builtIn = new KernelSet(device.Accelerator, VariantKind.Group, TuningTable.None).Softmax.VariantFor(softmax);
        var tuning = new TuningTable("a test", [new TunedChoice("Softmax", new ShapeClass(5, 6, 0, 0), "softmax-stream-scalar")]);
        var tuned = new KernelSet(device.Accelerator, VariantKind.Group, tuning);
        Assert.NotEqual("softmax-stream-scalar", builtIn);
        Assert.Equal("softmax-stream-scalar", tuned.Softmax.VariantFor(softmax));
        softmax.Rows = ActiveRows.Fixed(16);
        Assert.Equal(builtIn, tuned.Softmax.VariantFor(softmax));
        var before = GC.GetAllocatedBytesForCurrentThread();
        tuned.Softmax.VariantFor(softmax);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private void Write(DeviceTraits traits, params TunedChoice[] choices)
    {
        var bytes = TuningFile.With(_path, traits, choices, s_date);
        Assert.Contains("tile", Encoding.UTF8.GetString(bytes));
        File.WriteAllBytes(_path, bytes);
    }

    private static DeviceTraits Traits(string name) => new()
    {
        Kind = DeviceKind.Cuda,
        Name = name,
        WarpSize = 32,
        MaxGroupSize = 1024,
        SharedBytes = 48 << 10,
        Multiprocessors = 132,
        ComputeCapability = 90,
    };
}
