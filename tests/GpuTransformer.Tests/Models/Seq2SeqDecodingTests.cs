using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Models;

/// <summary>The shipped transformers through the way that every encoder-decoder goes.</summary>
public class Seq2SeqDecodingTests
{
    [Theory]
    [InlineData("g2p")]
    [InlineData("g2p-nat")]
    public void Generating_gives_start_text_and_stop(string name)
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (Seq2SeqTransformer)TransformerModel.Load(Fixtures.Model(name), device);
        string[] words = ["attention", "a"];
        var answers = model.Generate([.. words.Select(word => model.SourceTokenizer.Encode(word).Ids)]);
        Assert.All(answers, answer =>
        {
            Assert.Equal(model.Config.Start, answer.Ids[0]);
            Assert.Equal(model.Config.Stop, answer.Ids[^1]);
            Assert.Equal(FinishReason.StopToken, answer.FinishReason);
        });
        Assert.Equal(model.Transcribe(words), answers.Select(a => model.TargetTokenizer.Decode([.. a.Ids])));
        Assert.Equal(model.Transcribe(words[0])[0], model.GenerateText(words[0]));
    }

    [Fact]
    public void What_is_computed_at_once_is_seen_token_by_token()
    {
        using var device = ComputeDevice.Open("cpu");
        using var model = (Seq2SeqTransformer)TransformerModel.Load(Fixtures.Model("g2p-nat"), device);
        int[][] sources = [[4, 23, 2], [5, 6, 7, 8, 2]];
        var (places, width) = (model.Config.MaxTarget, model.VocabularySize);
        var all = sources.Select(source => model.Forward(new ForwardInputs(
            new HostTensor("input_ids", [.. source.Select(id => (long)id)], 1, source.Length)))[0].Floats).ToArray();
        using var decoding = model.Start(new DecodingRequest([[1], [1]], 3, places + 1) { Sources = sources });
        for (var place = 0; place < places; place++)
        {
            // The second sequence goes on as a copy of the first one, then both of the second text.
            int[] texts = place == 0 ? [0, 1] : place < 5 ? [1, 0, 1] : [1, 1];
            Assert.Equal(texts.Length, decoding.Sequences);
            for (var s = 0; s < texts.Length; s++)
            {
                Assert.Equal(all[texts[s]].AsSpan(place * width, width).ToArray(), decoding.Logits(s).ToArray());
            }

            if (place is 0 or 4)
            {
                decoding.Reorder(place == 0 ? [1, 0, 1] : [2, 0]);
            }

            decoding.Append(new int[decoding.Sequences]);
        }

        Assert.Equal(model.Config.Stop, ArgMax.Of(decoding.Logits(0)));
        Assert.Throws<InputException>(() => decoding.Append([0, 0]));
    }
}
