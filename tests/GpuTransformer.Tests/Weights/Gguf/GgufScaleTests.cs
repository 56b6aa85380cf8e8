using GpuTransformer.Weights;
using GpuTransformer.Weights.Gguf;
using Xunit;

namespace GpuTransformer.Tests.Weights.Gguf;

/// <summary>Large, truncated and mutated GGUF files: near-linear work, bounded memory, only our errors.</summary>
public sealed class GgufScaleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ManyKeysAndTensorsCostLessThanTwiceTheFile()
    {
        byte[] bytes = Many(50_000, 50_000);
        string path = _folder.Write("many.gguf", bytes);
        HostileRun.MustAccept(() => GgufFile.Open(path).Dispose(), bytes.Length);
        using var file = GgufFile.Open(path);
        Assert.Equal(49_999, file.Metadata.Whole("k49999", 0, 50_000));
        Assert.Equal([1], file.Find("t49999")!.Shape);
    }

    [Fact]
    public void KeysCostNearLinearTimeAndMemory()
    {
        Scaling.OfAllocation(n => Opening(Many(n, 0), $"k{n}"), 20_000);
        Scaling.OfTime(n => Opening(Many(n, 0), $"k{n}"), 5_000);
    }

    [Fact]
    public void TensorsCostNearLinearTimeAndMemory()
    {
        Scaling.OfAllocation(n => Opening(Many(0, n), $"t{n}"), 20_000);
        Scaling.OfTime(n => Opening(Many(0, n), $"t{n}"), 5_000);
    }

    [Fact]
    public void LongCommonPrefixesCostNearLinearTime() => Scaling.OfTime(
        n =>
        {
            var builder = new GgufBuilder();
            string prefix = new('p', 20_000);
            for (int i = 0; i < n; i++)
            {
                builder.UInt32($"{prefix}{i:000}", 1);
            }
            return Opening(builder.Build(), $"p{n}");
        },
        50);

    [Fact]
    public void TokensCostNearLinearTime() => Scaling.OfTime(
        n =>
        {
            string path = _folder.Write(
                $"tokens{n}.gguf", new GgufBuilder().Texts("tokenizer.ggml.tokens", [.. Enumerable.Range(0, n).Select(i => $"t{i}")]).Build());
            return () =>
            {
                using var file = GgufFile.Open(path);
                _ = file.Metadata.Texts("tokenizer.ggml.tokens").Length;
            };
        },
        12_500);

    [SkippableFact]
    public void EveryTensorOfAFileOfAHundredMegabytesIsDequantized()
    {
        string path = Directory.EnumerateFiles(Fixtures.Shared("real/smollm2"), "*.gguf").Single();
        using var file = GgufFile.Open(path);
        var row = new float[1 << 16];
        foreach (TensorInfo info in file.Tensors)
        {
            for (long i = 0; i < info.ElementCount; i += row.Length)
            {
                Span<float> part = row.AsSpan(0, (int)Math.Min(row.Length, info.ElementCount - i));
                part.Fill(float.NaN);
                file.CopyFloat32(info, i, part);
                bool finite = true;
                foreach (float value in part)
                {
                    finite &= float.IsFinite(value);
                }
                Assert.True(finite, info.Name);
            }
        }
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        Mutations.RefusesEveryTruncation(GgufConfigTests.Model("llama").Build(), ReadAll, "mutated.gguf");
        // The last tensor fills its alignment and no padding follows.
        Mutations.RefusesEveryTruncation(
            new GgufBuilder().Tensor("t", 8, new byte[34 * 16], 512).Build(), ReadAll, "mutated.gguf");
    }

    [Fact]
    public void EveryFlippedBitIsReadOrRefused()
    {
        byte[] whole = new GgufBuilder().Text("general.architecture", "llama").Texts("tokens", "a", "b").UInt32("n", 1)
            .Tensor("t", [1, 2, 3], 3).Tensor("u", 2, new byte[18], 32).Build();
        int refused = 0;
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] mutated = [.. whole];
            mutated[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                ReadAll(mutated);
            }
            catch (GpuTransformer.Kernels.InputException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 8 * whole.Length - 1);
    }

    [Fact]
    public void MutatedFilesGiveOurErrorsOrNone()
    {
        byte[] whole = GgufConfigTests.Model("llama").Build();
        Mutations.Check(whole, bytes => GgufFile.Open(_folder.Write("open.gguf", bytes)).Dispose());
        Mutations.Check(whole, ReadAll, mostPerByte: 64);
        Mutations.Check(
            whole,
            bytes =>
            {
                ModelConfig config = ModelConfig.Load(_folder.Write("config.gguf", bytes));
                using WeightStore store = config.OpenWeights("");
                foreach (string name in store.UnusedNames)
                {
                    _ = store.Optional(name, WeightStore.Any)?.Shape.Length;
                }
            },
            mostPerByte: 16);
    }

    // Opens the file and reads all that it says.
    private void ReadAll(byte[] bytes)
    {
        using var file = GgufFile.Open(_folder.Write("mutated.gguf", bytes));
        foreach (string key in file.Metadata.Keys)
        {
            _ = file.Metadata.TypeOf(key) switch
            {
                GgufValueType.Text => file.Metadata.Text(key).Length,
                GgufValueType.Array => file.Metadata.CountOf(key),
                GgufValueType.F32 or GgufValueType.F64 => (int)file.Metadata.Number(key, -1, 1e9),
                GgufValueType.Bool => file.Metadata.Flag(key) ? 1 : 0,
                _ => (int)(file.Metadata.Whole(key, long.MinValue, long.MaxValue) & 1),
            };
        }
        foreach (TensorInfo info in file.Tensors)
        {
            file.CopyFloat32(info, 0, new float[info.ElementCount]);
        }
    }

    private static byte[] Many(int keys, int tensors)
    {
        var builder = new GgufBuilder { Alignment = 4 }.UInt32("general.alignment", 4);
        for (int i = 0; i < keys; i++)
        {
            builder.UInt32($"k{i}", (uint)i);
        }
        for (int i = 0; i < tensors; i++)
        {
            builder.Tensor($"t{i}", [i], 1);
        }
        return builder.Build();
    }

    private Action Opening(byte[] bytes, string name)
    {
        string path = _folder.Write($"{name}.gguf", bytes);
        return () => GgufFile.Open(path).Dispose();
    }
}
