using System.Text;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Generation;

/// <summary>What generation_config.json says, what it says and is refused, and what goes before it.</summary>
public class GenerationConfigTests
{
    [Fact]
    public void Every_key_that_is_honoured_is_read()
    {
        var read = Read("""
            {"max_new_tokens": 5, "max_length": 60, "min_new_tokens": 2, "min_length": 3, "do_sample": true, "temperature": 0.7,
             "top_k": 20, "top_p": 0.8, "min_p": 0.05, "repetition_penalty": 1.1, "encoder_repetition_penalty": 1.2,
             "no_repeat_ngram_size": 3, "encoder_no_repeat_ngram_size": 4, "bad_words_ids": [[7], [8, 9]],
             "suppress_tokens": [1, 2], "begin_suppress_tokens": [3], "forced_bos_token_id": 4, "forced_eos_token_id": 5,
             "forced_decoder_ids": [[1, null], [2, 6]], "exponential_decay_length_penalty": [10, 1.5],
             "renormalize_logits": true, "remove_invalid_values": true, "eos_token_id": [2, 3], "pad_token_id": 0,
             "decoder_start_token_id": 8, "bos_token_id": 1, "stop_strings": ["x", "yz"], "num_beams": 4,
             "num_return_sequences": 2, "length_penalty": 0.6, "early_stopping": "never", "use_cache": true,
             "transformers_version": "5.23.0", "_from_model_config": true, "output_attentions": false}
            """);
        Assert.Equal((5, 60, 2, 3), (read.MaxNewTokens, read.MaxLength, read.MinNewTokens, read.MinLength));
        Assert.Equal((true, 0.7, 20, 0.8, 0.05), (read.DoSample, read.Temperature, read.TopK, read.TopP, read.MinP));
        Assert.Equal((1.1, 1.2, 3, 4), (read.RepetitionPenalty, read.EncoderRepetitionPenalty, read.NoRepeatNgramSize, read.EncoderNoRepeatNgramSize));
        Assert.Equal([[7], [8, 9]], read.BadWordsIds!);
        Assert.Equal([1, 2], read.SuppressTokens!);
        Assert.Equal([3], read.BeginSuppressTokens!);
        Assert.Equal(4, read.ForcedBosTokenId);
        Assert.Equal([5], read.ForcedEosTokenIds!);
        Assert.Equal([(1, GenerationConfigFile.OpenPlace), (2, 6)], read.ForcedDecoderIds!);
        Assert.Equal((10, 1.5), read.ExponentialDecayLengthPenalty);
        Assert.Equal((true, true), (read.RenormalizeLogits, read.RemoveInvalidValues));
        Assert.Equal([2, 3], read.EosTokenIds!);
        Assert.Equal((0, 8, 1), (read.PadTokenId, read.DecoderStartTokenId, read.BosTokenId));
        Assert.Equal(["x", "yz"], read.StopStrings!);
        Assert.Equal((4, 2, 0.6, EarlyStopping.Never), (read.NumBeams, read.NumReturnSequences, read.LengthPenalty, read.EarlyStopping));
        Assert.Empty(read.NotHonoured);
        Assert.Empty(read.NotHonouredInSampling);
    }

    [Fact]
    public void Null_and_a_negative_id_say_nothing()
    {
        var read = Read("""{"eos_token_id": null, "pad_token_id": -1, "early_stopping": null, "stop_strings": null, "max_length": null}""");
        Assert.Equal(new GenerationOptions() with { NotHonoured = read.NotHonoured, NotHonouredInSampling = read.NotHonouredInSampling }, read);
    }

    [Theory]
    [InlineData("diversity_penalty", "0.5", false)]
    [InlineData("num_beam_groups", "2", false)]
    [InlineData("penalty_alpha", "0.6", false)]
    [InlineData("guidance_scale", "1.5", false)]
    [InlineData("constraints", "[1]", false)]
    [InlineData("force_words_ids", "[[1]]", false)]
    [InlineData("dola_layers", "\"low\"", false)]
    [InlineData("sequence_bias", "[[[1], 2.0]]", false)]
    [InlineData("watermarking_config", "{}", false)]
    [InlineData("max_time", "3", false)]
    [InlineData("token_healing", "true", false)]
    [InlineData("cache_implementation", "\"quantized\"", false)]
    [InlineData("typical_p", "0.9", true)]
    [InlineData("epsilon_cutoff", "0.01", true)]
    [InlineData("eta_cutoff", "0.01", true)]
    [InlineData("top_h", "0.4", true)]
    public void A_key_that_would_change_the_result_is_refused_by_name(string key, string value, bool onlyWhenDrawing)
    {
        var read = Read($$"""{"{{key}}": {{value}}}""");
        Assert.Contains(key, Assert.Throws<InputException>(() => new GenerationSettings(read with { DoSample = true })).Message);
        if (onlyWhenDrawing)
        {
            Assert.False(new GenerationSettings(read).DoSample);
        }
        else
        {
            Assert.Contains(key, Assert.Throws<InputException>(() => new GenerationSettings(new GenerationOptions().Over(read))).Message);
        }
    }

    [Theory]
    [InlineData("num_beam_groups", "1")]
    [InlineData("diversity_penalty", "0.0")]
    [InlineData("typical_p", "1.0")]
    [InlineData("guidance_scale", "null")]
    [InlineData("cache_implementation", "\"hybrid\"")]
    [InlineData("token_healing", "false")]
    public void A_key_at_its_neutral_value_is_not_refused(string key, string value) =>
        Assert.True(new GenerationSettings(Read($$"""{"{{key}}": {{value}}}""") with { DoSample = true }).DoSample);

    [Theory]
    [InlineData("temperature", "0.0")]
    [InlineData("top_p", "1.5")]
    [InlineData("num_beams", "0")]
    [InlineData("max_new_tokens", "0")]
    [InlineData("repetition_penalty", "-1.0")]
    [InlineData("early_stopping", "\"sometimes\"")]
    [InlineData("eos_token_id", "\"</s>\"")]
    [InlineData("eos_token_id", "[2, null]")]
    [InlineData("bad_words_ids", "[3]")]
    [InlineData("forced_decoder_ids", "[[2, 5]]")]
    [InlineData("stop_strings", "[\"\"]")]
    [InlineData("length_penalty", "\"long\"")]
    public void A_value_that_makes_no_sense_is_an_error_that_names_its_key(string key, string value) => Assert.Contains(
        key, Assert.Throws<InputException>(() => new GenerationSettings(Read($$"""{"{{key}}": {{value}}}""") with { DoSample = true })).Message);

    [Theory]
    [InlineData("temperature", "0.0")]
    [InlineData("top_p", "0")]
    [InlineData("top_k", "-1")]
    public void What_concerns_draws_alone_is_left_where_there_are_none(string key, string value) =>
        Assert.False(new GenerationSettings(Read($$"""{"{{key}}": {{value}}, "do_sample": false}""")).DoSample);

    [Fact]
    public void Options_go_before_the_file_and_none_takes_its_stop_tokens_away()
    {
        var file = Read("""{"max_new_tokens": 5, "num_beams": 4, "eos_token_id": 2, "length_penalty": 2.0}""");
        var both = new GenerationOptions { NumBeams = 1, EosTokenIds = [], MaxLength = 9 }.Over(file);
        Assert.Equal((1, 2.0, 9), (both.NumBeams, both.LengthPenalty, new GenerationSettings(both).MaxLength(3)));
        Assert.Empty(both.EosTokenIds!);
        Assert.True(both.AsksForLength);
        Assert.False(new GenerationOptions().Over(file).AsksForLength);
        Assert.Equal(8, new GenerationSettings(new GenerationOptions().Over(file)).MaxLength(3));
    }

    [Fact]
    public void Config_json_says_it_where_there_is_no_generation_config()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), """{"model_type": "bart", "eos_token_id": 2, "num_beams": 4, "forced_eos_token_id": 2, "decoder_start_token_id": 7}""");
        var alone = GenerationConfigFile.Load(folder.Path);
        Assert.Equal((4, 7), (alone.NumBeams, alone.DecoderStartTokenId));
        Assert.Equal([2], alone.ForcedEosTokenIds!);

        // With the file, config.json says nothing but what a target begins with, where the file does not.
        File.WriteAllText(folder.File(GenerationConfigFile.FileName), """{"max_length": 30, "transformers_version": "5.23.0"}""");
        var both = GenerationConfigFile.Load(folder.Path);
        Assert.Equal((null, 7, 30), (both.NumBeams, both.DecoderStartTokenId, both.MaxLength));
        Assert.Null(both.EosTokenIds);

        // A file that somebody wrote by hand leaves the special tokens to config.json.
        File.WriteAllText(folder.File(GenerationConfigFile.FileName), """{"max_length": 30}""");
        var byHand = GenerationConfigFile.Load(folder.Path);
        Assert.Equal((null, 7), (byHand.NumBeams, byHand.DecoderStartTokenId));
        Assert.Equal([2], byHand.EosTokenIds!);
        Assert.Null(byHand.ForcedEosTokenIds);
        File.WriteAllText(folder.File(GenerationConfigFile.FileName), """{"eos_token_id": null, "decoder_start_token_id": 3}""");
        Assert.Null(GenerationConfigFile.Load(folder.Path).EosTokenIds);
        File.WriteAllText(folder.File(GenerationConfigFile.FileName), "{\"max_length\": 30");
        Assert.Contains(GenerationConfigFile.FileName, Assert.Throws<InputException>(() => GenerationConfigFile.Load(folder.Path)).Message);
    }

    [Fact]
    public void A_target_begins_with_its_start_token_and_the_forced_ones()
    {
        var model = new FakeModel(9, ids => [.. Enumerable.Range(0, 9).Select(i => i == ids[^1] + 1 ? 1f : 0)]) { IsEncoderDecoder = true };
        var inputs = new GenerationInputs([[]]) { Sources = [[5, 6]] };
        var options = new GenerationOptions { DecoderStartTokenId = 0, ForcedDecoderIds = [(1, 3)], MaxNewTokens = 2 };
        Assert.Equal([0, 3, 4, 5], Generator.Run(model.Target, inputs, options, default)[0].Ids);
        Assert.Equal([2, 3, 4], Generator.Run(model.Target, inputs, new() { BosTokenId = 2, MaxNewTokens = 2 }, default)[0].Ids);
        Assert.Contains("decoder_start_token_id", Assert.Throws<InputException>(() => Generator.Run(model.Target, inputs, new(), default)).Message);
        var open = options with { ForcedDecoderIds = [(1, GenerationConfigFile.OpenPlace)] };
        Assert.Contains("forced_decoder_ids", Assert.Throws<InputException>(() => Generator.Run(model.Target, inputs, open, default)).Message);
    }

    [Fact]
    public void A_file_may_ask_for_any_length_and_gets_the_models()
    {
        var file = Read("""{"max_new_tokens": 2147483647, "min_new_tokens": 2147483647, "eos_token_id": 0}""");
        var model = new FakeModel(3, _ => [1, 0, 0]) { MaxLength = 40 };
        Assert.Equal(37, Generator.Run(model.Target, new GenerationInputs([[1, 1, 2]]), new GenerationOptions().Over(file), default)[0].NewTokens);
    }

    [Fact]
    public void An_altered_file_gives_options_or_an_error_of_ours_and_so_does_what_is_generated_with_them()
    {
        var file = Encoding.UTF8.GetBytes("""
            {"max_new_tokens": 6, "min_length": 3, "do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.8, "min_p": 0.05,
             "repetition_penalty": 1.1, "no_repeat_ngram_size": 3, "bad_words_ids": [[7], [1, 2]], "suppress_tokens": [1, 2],
             "forced_eos_token_id": 5, "exponential_decay_length_penalty": [1, 1.5], "renormalize_logits": true,
             "eos_token_id": [2, 3], "num_beams": 4, "num_return_sequences": 2, "length_penalty": 0.6, "early_stopping": "never"}
            """);
        const string letters = "0123456789-.e,[]{}:\"tfn ";
        var random = new Random(20261121);
        var model = FakeModel.Random(9);
        var generated = 0;
        for (var i = 0; i < 4000; i++)
        {
            var altered = (byte[])file.Clone();
            var length = random.Next(4) == 0 ? random.Next(file.Length) : file.Length;
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                altered[random.Next(file.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)letters[random.Next(letters.Length)];
            }

            try
            {
                var options = GenerationConfigFile.Read(new JsonObject(altered.AsMemory(0, length), "generation_config.json"));
                generated += Generator.Run(model.Target with { MaxLength = 12 }, new GenerationInputs([[1]]), options, default).Count;
            }
            catch (InputException)
            {
            }
        }

        Assert.InRange(generated, 100, 1 << 20);
    }

    private static GenerationOptions Read(string json) => GenerationConfigFile.Read(new JsonObject(Encoding.UTF8.GetBytes(json), "generation_config.json"));
}
