using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tests.Graph;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>The bits of a row depend neither on the batch around it, nor on packing, nor on the number of threads, for
/// every family. Alone in the process: the number of threads is the process's.</summary>
[Collection(nameof(RunAlone))]
public sealed class RowBitsTests : IDisposable
{
    private static readonly int[] s_threads = [1, 2, 5];
    private readonly int _threadsBefore = CpuPool.Shared.Threads;

    public static TheoryData<string> Families => [.. Fixtures.Names("tiny")
        // Its rotary frequencies depend on the longest text of a call, as transformers' do; GGUF files have tests of their own.
        .Where(name => name != "llama-dynamic" && !name.StartsWith("gguf", StringComparison.Ordinal))];

    public void Dispose() => CpuPool.Shared.Limit(_threadsBefore);

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void An_input_answers_alike_alone_in_a_batch_and_on_any_number_of_threads(string name)
    {
        var folder = Fixtures.Folder($"tiny/{name}");
        var inputs = Read(Path.Combine(folder, "io.safetensors"));
        var batch = (int)inputs[0].Shape[0];
        IReadOnlyList<HostTensor>? expected = null;
        foreach (var threads in s_threads)
        {
            CpuPool.Shared.Limit(threads);
            using var device = ComputeDevice.Open("cpu");
            using var model = TransformerModel.Load(folder, device);
            var together = model.Forward(new ForwardInputs(inputs));
            expected ??= together;
            Same(expected, 0, together, 0, batch, $"{name}, {threads} threads");
            for (var i = 0; i < batch; i++)
            {
                var alone = model.Forward(new ForwardInputs(inputs.Select(tensor => Slice(tensor, [i]))));
                Same(expected, i, alone, 0, 1, $"{name}, {threads} threads, input {i} alone");
            }

            int[] turned = [.. Enumerable.Range(0, batch).Reverse(), .. Enumerable.Range(0, batch)];
            var twice = model.Forward(new ForwardInputs(inputs.Select(tensor => Slice(tensor, turned))));
            Same(expected, 0, twice, batch, batch, $"{name}, {threads} threads, behind others");
        }
    }

    /// <summary>Lengths on both sides of every tile and block, one token alone among them, packed in many ways.</summary>
    [Fact]
    public void Packed_texts_answer_as_each_does_alone()
    {
        var random = new Random(11);
        int[] lengths = [1, 2, 3, 8, 9, 16, 31, 48, 63, 64, 65, 100, 127, 128];
        var texts = lengths.Select(length => Text(length, random)).ToArray();
        float[][]? expected = null;
        foreach (var threads in s_threads)
        {
            CpuPool.Shared.Limit(threads);
            using var device = ComputeDevice.Open("cpu");
            using var model = (Bert)TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
            expected ??= [.. texts.Select(text => model.HiddenStates([text])[0])];
            Equal([.. Enumerable.Range(0, texts.Length)], $"{threads} threads, in order");
            Equal([.. Enumerable.Range(0, texts.Length).Reverse()], $"{threads} threads, in reverse");
            for (var i = 0; i < 6; i++)
            {
                int[] chosen = [.. Enumerable.Range(0, 2 * texts.Length).Select(_ => random.Next(texts.Length))];
                Equal(chosen, $"{threads} threads, texts {string.Join(", ", chosen)}");
            }

            void Equal(int[] chosen, string what)
            {
                var answers = model.HiddenStates([.. chosen.Select(i => texts[i])]);
                for (var i = 0; i < chosen.Length; i++)
                {
                    Assert.True(SameBits(expected[chosen[i]], answers[i]), $"{what}: text {i}");
                }
            }
        }
    }

    /// <summary>More images than one part of a batch holds.</summary>
    [Fact]
    public void Images_answer_as_each_does_alone()
    {
        var random = new Random(7);
        float[]? expected = null;
        foreach (var threads in s_threads)
        {
            CpuPool.Shared.Limit(threads);
            using var device = ComputeDevice.Open("cpu");
            using var model = (Vit)TransformerModel.Load(Fixtures.Model("vit-fashion"), device);
            var each = model.Config.NumChannels * model.Config.ImageHeight * model.Config.ImageWidth;
            var images = 2 * BatchParts.MostRows(device.Kernels) / model.Config.PatchCount + 3;
            var pixels = new float[images * each];
            random = new Random(7);
            Array.ForEach(Enumerable.Range(0, pixels.Length).ToArray(), i => pixels[i] = random.NextSingle() - 0.5f);
            expected ??= [.. Enumerable.Range(0, 9).SelectMany(i => model.Classify(pixels.AsSpan(i * each, each)))];
            var together = model.Classify(pixels);
            Assert.True(SameBits(expected, together.AsSpan(0, expected.Length)), $"{threads} threads");
            Assert.Equal(images * model.Config.Labels.Count, together.Length);
        }
    }

    private static Tokenization Text(int length, Random random)
    {
        var tokens = new TokenList(_ => null);
        for (var i = 0; i < length; i++)
        {
            tokens.Add(new Token(random.Next(5, 4000), i, i));
        }

        return new Tokenization(tokens, "");
    }

    private static HostTensor[] Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return [.. file.Tensors.Keys.Where(name => name.StartsWith("in.", StringComparison.Ordinal)).Select(name => HostTensor.Read(file, name, name[3..]))];
    }

    /// <summary>Some elements of the batch, which is the first dimension of everything.</summary>
    private static HostTensor Slice(HostTensor tensor, int[] chosen)
    {
        var each = (int)(tensor.Shape.Aggregate(1L, (a, b) => a * b) / tensor.Shape[0]);
        long[] shape = [chosen.Length, .. tensor.Shape.Skip(1)];
        return tensor.IsInteger
            ? new HostTensor(tensor.Name, [.. chosen.SelectMany(i => tensor.Integers[(i * each)..((i + 1) * each)])], shape)
            : new HostTensor(tensor.Name, [.. chosen.SelectMany(i => tensor.Floats[(i * each)..((i + 1) * each)])], shape);
    }

    private static void Same(
        IReadOnlyList<HostTensor> expected, int from, IReadOnlyList<HostTensor> actual, int at, int count, string what)
    {
        Assert.Equal(expected.Select(tensor => tensor.Name), actual.Select(tensor => tensor.Name));
        for (var o = 0; o < expected.Count; o++)
        {
            var each = (int)(expected[o].Floats.Length / expected[o].Shape[0]);
            Assert.True(
                SameBits(expected[o].Floats.AsSpan(from * each, count * each), actual[o].Floats.AsSpan(at * each, count * each)),
                $"{what}: {expected[o].Name}");
        }
    }

    private static bool SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(expected).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(actual));
}
