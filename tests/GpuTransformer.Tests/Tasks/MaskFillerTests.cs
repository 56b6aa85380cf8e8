using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tasks;
using GpuTransformer.Tests.Cli;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tasks;

/// <summary>Masks are found and filled; of what a text says only the mask is a special token.</summary>
public sealed class MaskFillerTests : IDisposable
{
    private readonly ComputeDevice _device = ComputeDevice.Open("cpu");

    public void Dispose() => _device.Dispose();

    [SkippableTheory]
    [InlineData("roberta", "<mask>", "a <mask> b  <mask>c<mask>")]
    [InlineData("bert-uncased", "[MASK]", "a [MASK] b  [MASK]c[MASK]")]
    [InlineData("albert", "[MASK]", "a [MASK] b  [MASK]c[MASK]")]
    public void A_mask_is_cut_out_of_a_text_as_its_tokenizer_does(string name, string mask, string text)
    {
        var tokenizer = Tokenizer.Load(Fixtures.Folder($"tokenizers/{name}"));
        Assert.Equal(tokenizer.Encode(text).Ids, MaskFiller.EncodeMasks(tokenizer, text, mask).Ids);
        Assert.Equal(3, MaskFiller.EncodeMasks(tokenizer, text, mask).Ids.Count(id => id == tokenizer.TokenToId(mask)));
        Assert.Equal(tokenizer.Encode("").Ids, MaskFiller.EncodeMasks(tokenizer, "", mask).Ids);
    }

    [Fact]
    public void Texts_of_different_lengths_and_masks_run_together_as_alone()
    {
        using var filler = MaskFiller.Load(Fixtures.Model("bert-shakespeare"), _device);
        string[] texts = ["[MASK]", "good [MASK] , my [MASK] [MASK]", "the king is [MASK]"];
        var together = filler.Fill([.. texts.Select(text => filler.Tokenize(text))]);
        Assert.Equal([1, 3, 1], together.Select(masks => masks.Count));
        Assert.All(texts.Zip(together), pair => Assert.Equal(filler.Fill(pair.First), pair.Second));
        Assert.All(together.SelectMany(masks => masks), fills => Assert.Equal(fills.OrderByDescending(f => f.Score), fills));
    }

    [Fact]
    public void An_output_layer_of_its_own_is_used_where_words_are_not_tied()
    {
        using var folder = ModelFolder.Copy(Fixtures.Model("bert-shakespeare"));
        folder.ChangeConfig(config => config["tie_word_embeddings"] = false);
        var weight = new float[4096 * 160];
        var bias = new float[4096];
        bias[917] = 3;
        folder.AddWeights(("cls.predictions.decoder.weight", weight, [4096, 160]), ("cls.predictions.decoder.bias", bias, [4096]));
        using var filler = MaskFiller.Load(folder.Path, _device);
        var best = filler.Fill("my [MASK]", 1)[0][0];
        Assert.Equal(917, best.Id);
        Assert.Equal(Math.Exp(3) / (Math.Exp(3) + 4095), best.Score, 1e-7);
    }

    [Fact]
    public void The_mask_is_the_one_that_the_files_name()
    {
        using var folder = ModelFolder.Copy(Fixtures.Model("bert-shakespeare"));
        File.WriteAllText(folder.At("special_tokens_map.json"), """{"mask_token": {"content": "lord", "lstrip": true}}""");
        using (var filler = MaskFiller.Load(folder.Path, _device))
        {
            Assert.Equal("lord", filler.Mask);
            Assert.Single(filler.Fill("good my lord"));
        }

        File.WriteAllText(folder.At("special_tokens_map.json"), """{"mask_token": "<nowhere>"}""");
        Assert.Contains("<nowhere>", Assert.Throws<InputException>(() => MaskFiller.Load(folder.Path, _device)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_are_chosen_without_sorting_and_ties_go_to_the_lower_id()
    {
        float[] scores = [0.1f, 0.5f, 0.2f, 0.5f, 0.3f];
        Assert.Equal([1, 3, 4], Scores.Best(scores, 3));
        Assert.Equal([1, 3, 4, 2, 0], Scores.Best(scores, 9));
        Assert.Equal([1], Scores.Best(scores, 1));
    }
}
