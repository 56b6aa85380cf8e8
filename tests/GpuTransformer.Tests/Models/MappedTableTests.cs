using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>Token embeddings that are read where their file is mapped are those that would be copied.</summary>
public sealed class MappedTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("bert")]
    [InlineData("bert-bf16-sharded")]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("t5")]
    [InlineData("marian")]
    [InlineData("whisper")]
    public void Answers_are_the_same_bits_mapped_and_copied(string name)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        var inputs = ForwardInputs.Read(Path.Combine(folder, "io.safetensors"));
        Assert.Equal(Answers(folder, inputs, new LoadOptions { MapsTables = false }), Answers(folder, inputs, null));
    }

    [SkippableTheory]
    [InlineData("gguf-llama")]
    [InlineData("gguf-qwen2")]
    public void Blocks_of_gguf_are_widened_where_they_are_mapped(string name)
    {
        foreach (var file in Directory.GetFiles(Fixtures.Folder($"tiny/{name}"), "*.gguf"))
        {
            using var device = ComputeDevice.Open("cpu");
            Assert.Equal(Logits(file, device, new LoadOptions { MapsTables = false }), Logits(file, device, null));
        }
    }

    [Fact]
    public void A_plan_says_that_the_table_is_stored_and_other_kinds_of_kernels_copy_it()
    {
        Assert.StartsWith("embedding-stored-cpu-", FirstVariant(null), StringComparison.Ordinal);
        Assert.StartsWith("embedding-naive", FirstVariant(VariantKind.Naive), StringComparison.Ordinal);

        static string FirstVariant(VariantKind? variant)
        {
            using var device = ComputeDevice.Open("cpu", variant);
            using var model = TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
            return model.Plan()[0].Lines[0].Variant;
        }
    }

    [Fact]
    public void The_file_stays_mapped_as_long_as_something_holds_it()
    {
        var path = _folder.Write("a.safetensors", TemporaryFolder.Safetensors(
            "{\"x\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).ToArray()));
        var file = SafetensorsFile.Open(path);
        var first = file.Hold(file.Tensors["x"]);
        var second = file.Hold(file.Tensors["x"]);
        file.Dispose();
        first.Dispose();
        first.Dispose();
        Assert.Equal(4 * sizeof(float), second.Length);
        Assert.Equal(3f, ThirdFloat(second));
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ThirdFloat(second));
        Assert.Throws<ObjectDisposedException>(() => file.Hold(new TensorInfo("x", WeightDtype.F32, [4], 0, 16)));
    }

    [SkippableFact]
    public void A_model_lets_its_file_go()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs /proc/self/maps");
        var path = Path.Combine(_folder.Path, "model.safetensors");
        foreach (var file in Directory.GetFiles(Fixtures.Model("bert-shakespeare")))
        {
            File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)));
        }

        using var device = ComputeDevice.Open("cpu");
        using (TransformerModel.Load(_folder.Path, device))
        {
            Assert.Contains(path, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(path, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    private static unsafe float ThirdFloat(MappedRange range) => ((float*)range.Start)[2];

    private static float[] Answers(string folder, ForwardInputs inputs, LoadOptions? options)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(folder, device, options);
        return [.. model.Forward(inputs).SelectMany(output => output.Floats)];
    }

    private static float[] Logits(string file, ComputeDevice device, LoadOptions? options)
    {
        using var model = (GenerativeModel)TransformerModel.Load(file, device, options);
        return [.. model.Forward(ForwardInputs.Read(Path.Combine(Path.GetDirectoryName(file)!, "io.safetensors"))).SelectMany(o => o.Floats)];
    }
}
