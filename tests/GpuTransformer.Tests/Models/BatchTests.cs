using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>A text's answer has the same bits alone, in a padded batch, and with any number of threads.</summary>
public class BatchTests
{
    [Fact]
    public void Bert_answers_a_text_alike_alone_and_in_a_batch()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(Fixtures.Model("bert-shakespeare"), device);
        long[] text = [2, 102, 114, 231, 140, 102, 4, 12, 3];
        var alone = Logits(model, text, 1, Mask(text.Length, text.Length));
        long[] batch = [.. text, 0, 0, 2, 91, 1491, 3, 0, 0, 0, 0, 0, 0, 0, 2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 3];
        var together = Logits(model, batch, 3, [.. Mask(9, 11), .. Mask(4, 11), .. Mask(11, 11)]);
        Assert.Equal(alone, together[..alone.Length]);
        Assert.All(together[(9 * 4096)..(11 * 4096)], value => Assert.Equal(0f, value));
    }

    [Fact]
    public void Left_padding_and_holes_give_gpt2_the_same_bits()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(Fixtures.Model("gpt2-shakespeare"), device);
        long[] text = [578, 45, 37, 47, 14, 199];
        var alone = Logits(model, text, 1, Mask(6, 6));
        var padded = Logits(model, [0, 0, 0, .. text], 1, [0, 0, 0, 1, 1, 1, 1, 1, 1]);
        Assert.Equal(alone, padded[(3 * 2048)..]);
    }

    [Fact]
    public void Padding_of_source_and_target_changes_nothing_in_the_transformer()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = TransformerModel.Load(Fixtures.Model("g2p"), device);
        var alone = Logits(model, [4, 23, 2], [1, 9], 1);
        var together = Logits(model, [4, 23, 2, 0, 0, 5, 6, 7, 8, 2], [1, 9, 0, 1, 9, 20], 2);
        Assert.Equal(alone, together[..alone.Length]);
    }

    [Fact]
    public void Words_are_spelled_alike_alone_and_together()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (Seq2SeqTransformer)TransformerModel.Load(Fixtures.Model("g2p"), device);
        string[] words = ["transformer", "a", "softmax", "kernel", "attention"];
        Assert.Equal(words.Select(word => model.Transcribe(word)[0]), model.Transcribe(words));
    }

    private static long[] Mask(int real, int length) => [.. Enumerable.Range(0, length).Select(i => i < real ? 1L : 0)];

    private static float[] Logits(TransformerModel model, long[] ids, int batch, long[] mask) => model.Forward(new ForwardInputs(
        new HostTensor("input_ids", ids, batch, ids.Length / batch),
        new HostTensor("attention_mask", mask, batch, ids.Length / batch))).Single(o => o.Name == "logits").Floats;

    private static float[] Logits(TransformerModel model, long[] source, long[] target, int batch) => model.Forward(new ForwardInputs(
        new HostTensor("input_ids", source, batch, source.Length / batch),
        new HostTensor("decoder_input_ids", target, batch, target.Length / batch))).Single(o => o.Name == "logits").Floats;
}
