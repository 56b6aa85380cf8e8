using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Graph;
using GpuTransformer.Layers;
using GpuTransformer.Models;

namespace GpuTransformer.Bench.Peers;

/// <summary>The base model of 2017 (Vaswani et al., table 3): sizes and random checkpoints.</summary>
internal static class TransformerBase
{
    public const int Hidden = 512;
    public const int Heads = 8;
    public const int Layers = 6;
    public const int Intermediate = 2048;
    public const int VocabSize = 32_000;

    /// <summary>Operations of the encoder on a text of this many tokens.</summary>
    public static double EncoderFlops(double tokens) =>
        Layers * (2 * tokens * (4.0 * Hidden * Hidden + 2.0 * Hidden * Intermediate) + 4 * tokens * tokens * Hidden);

    /// <summary>Weights that a token of the decoder is multiplied with: keys and values of the source are there.</summary>
    public static double StepWeights => Layers * (6.0 * Hidden * Hidden + 2.0 * Hidden * Intermediate) + (double)Hidden * VocabSize;

    /// <summary>torch.nn.Transformer on embeddings; its encoder is what is timed.</summary>
    public static TransformerModel LoadEncoder(SideContext context)
    {
        var config = new
        {
            architecture = "torch.nn.Transformer",
            d_model = Hidden,
            nhead = Heads,
            num_encoder_layers = Layers,
            num_decoder_layers = 1,
            dim_feedforward = Intermediate,
        };
        var folder = RandomCheckpoint.Folder(context.Models, "transformer-base", config, weights => AddStacks(weights, "", 1, finalNorm: true));
        return TransformerModel.Load(folder, context.ComputeDevice);
    }

    /// <summary>From tokens to tokens.</summary>
    public static Seq2SeqTransformer LoadTranslator(SideContext context)
    {
        var words = Enumerable.Range(0, VocabSize).Select(i => $"w{i}").ToArray();
        var config = new
        {
            architecture = "transformer-seq2seq",
            decoder = "autoregressive",
            d_model = Hidden,
            heads = Heads,
            encoder_layers = Layers,
            decoder_layers = Layers,
            ffn = Intermediate,
            norm = "post",
            final_norm = false,
            positions = "sinusoidal",
            scale_embedding = true,
            pad = 0,
            start = 1,
            stop = 2,
            max_target = 128,
            source_vocabulary = words,
            target_vocabulary = words,
        };
        var folder = RandomCheckpoint.Folder(context.Models, "transformer-base-words", config, weights =>
        {
            weights.Values("source_embedding.weight", 0.06f, VocabSize, Hidden);
            weights.Values("target_embedding.weight", 0.06f, VocabSize, Hidden);
            AddStacks(weights, "transformer.", Layers, finalNorm: false);
            weights.Linear("generator", VocabSize, Hidden);
        });
        return (Seq2SeqTransformer)TransformerModel.Load(folder, context.ComputeDevice);
    }

    private static void AddStacks(RandomCheckpoint weights, string prefix, int decoderLayers, bool finalNorm)
    {
        for (var i = 0; i < Layers; i++)
        {
            AddLayer(weights, $"{prefix}encoder.layers.{i}", ["self_attn"]);
        }

        for (var i = 0; i < decoderLayers; i++)
        {
            AddLayer(weights, $"{prefix}decoder.layers.{i}", ["self_attn", "multihead_attn"]);
        }

        if (finalNorm)
        {
            weights.Norm($"{prefix}encoder.norm", Hidden);
            weights.Norm($"{prefix}decoder.norm", Hidden);
        }
    }

    private static void AddLayer(RandomCheckpoint weights, string name, string[] attentions)
    {
        foreach (var attention in attentions)
        {
            weights.Linear($"{name}.{attention}.in_proj_weight", $"{name}.{attention}.in_proj_bias", 3 * Hidden, Hidden);
            weights.Linear($"{name}.{attention}.out_proj", Hidden, Hidden);
        }

        weights.Linear($"{name}.linear1", Intermediate, Hidden);
        weights.Linear($"{name}.linear2", Hidden, Intermediate);
        for (var norm = 1; norm <= attentions.Length + 1; norm++)
        {
            weights.Norm($"{name}.norm{norm}", Hidden);
        }
    }
}

/// <summary>The encoder alone, from embeddings to memory, without the keys and values that decoders take from it.</summary>
internal sealed class TranslationEncoderSide : ISide
{
    private readonly TransformerModel _model;
    private readonly Session _session;
    private readonly TokenSpace _space;
    private readonly GraphTensor _source;
    private readonly GraphTensor _memory;
    private readonly float[] _input;
    private readonly float[] _output;
    private readonly int[] _lengths;

    public TranslationEncoderSide(SideContext context, int sequences, int tokens)
    {
        _model = TransformerBase.LoadEncoder(context);
        var graph = new GraphBuilder("encoder");
        _space = TokenSpace.Declare(graph, "source", sequences * tokens, sequences, tokens, packed: true);
        _memory = ((IEncoderDecoderGraph)_model).Encoder(graph, _space);
        graph.Output("memory", _memory);
        var program = graph.Build();
        _source = program.Inputs["src"];
        _session = new Session(program, context.ComputeDevice.Kernels);
        _lengths = [.. Enumerable.Repeat(tokens, sequences)];
        _input = new float[sequences * tokens * TransformerBase.Hidden];
        _output = new float[_input.Length];
        RandomValues.Fill("src", 0, 1f, _input);
    }

    public void Run()
    {
        var rows = new TokenRows(_session, _space);
        for (var s = 0; s < _lengths.Length; s++)
        {
            for (var i = 0; i < _lengths[s]; i++)
            {
                rows.Add(s, 0, i, i, 0, _lengths[s]);
            }
        }

        rows.Finish();
        PageTables.FillPacked(_session, _space.Keys, _lengths);
        _session.Write(_source, _input);
        _session.Run();
        _session.Read(_memory, _output);
    }

    public void Dispose()
    {
        _session.Dispose();
        _model.Dispose();
    }
}

/// <summary>One step of the decoder for each sequence, the same again and again: its keys are written over.</summary>
internal sealed class TranslationStepSide : ISide
{
    private const int Id = 7;
    private readonly Seq2SeqTransformer _model;
    private readonly EncoderDecoderRun _run;
    private readonly float[] _logits;
    private readonly int _sequences;
    private readonly int _past;

    /// <param name="context">Where.</param>
    /// <param name="sequences">Sequences, each of a source of its own.</param>
    /// <param name="source">Tokens of a source.</param>
    /// <param name="past">Tokens that are cached.</param>
    public TranslationStepSide(SideContext context, int sequences, int source, int past)
    {
        (_sequences, _past) = (sequences, past);
        _model = TransformerBase.LoadTranslator(context);
        _run = _model.Rent(new EncoderDecoderSize(sequences, source, sequences, sequences * past, past + 1, LastOnly: true));
        _run.Encode(sequences, source, static (_, _) => true, static (s, i) => 5 + (s + i) % 900);
        _logits = new float[(long)sequences * _model.VocabularySize];
        var rows = new DecoderRows(_run);
        for (var s = 0; s < sequences; s++)
        {
            rows.Begin(s, past);
            for (var i = 0; i < past; i++)
            {
                rows.Add(s, s, 5 + (s + i) % 900, i, i, i + 1);
            }

            rows.Select();
        }

        rows.Run();
        for (var s = 0; s < sequences; s++)
        {
            _run.Cache.Append(s, 1);
        }
    }

    public void Run()
    {
        var rows = new DecoderRows(_run);
        for (var s = 0; s < _sequences; s++)
        {
            rows.Add(s, s, Id, _past, _past, _past + 1);
            rows.Select();
        }

        rows.Run();
        _run.Decoder.Read(_run.Output, _logits);
    }

    public void Dispose()
    {
        _model.Return(_run);
        _model.Dispose();
    }
}
