using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>GPT-2's config.json, under Hugging Face's names.</summary>
public sealed record Gpt2Config(
    int VocabSize,
    int NEmbd,
    int NLayer,
    int NHead,
    int NInner,
    int NPositions,
    float LayerNormEpsilon,
    ActivationKind ActivationFunction,
    bool TieWordEmbeddings,
    int? EosTokenId)
{
    internal static Gpt2Config Read(ModelConfig config)
    {
        var architecture = config.Has("architectures") ? config.Texts("architectures").FirstOrDefault("") : "GPT2LMHeadModel";
        if (architecture != "GPT2LMHeadModel")
        {
            throw config.Error("architectures", "GPT2LMHeadModel", architecture);
        }

        if (config.FlagOr("scale_attn_by_inverse_layer_idx", false))
        {
            throw config.Error("scale_attn_by_inverse_layer_idx", "false", "true");
        }

        if (!config.FlagOr("scale_attn_weights", true))
        {
            throw config.Error("scale_attn_weights", "true", "false");
        }

        if (config.FlagOr("add_cross_attention", false))
        {
            throw config.Error("add_cross_attention", "false", "true");
        }

        var hidden = config.Whole("n_embd", 1, 1 << 16);
        var read = new Gpt2Config(
            config.Whole("vocab_size", 1, 1 << 24),
            hidden,
            config.Whole("n_layer", 1, 1 << 10),
            config.Whole("n_head", 1, 1 << 10),
            config.WholeOr("n_inner", 4 * hidden, 1, 1 << 20),
            config.Whole("n_positions", 1, 1 << 20),
            (float)config.NumberOr("layer_norm_epsilon", 1e-5, 0, 1),
            ActivationNames.Read(config, "activation_function", "gelu_new"),
            config.FlagOr("tie_word_embeddings", true),
            config.Has("eos_token_id") ? config.Whole("eos_token_id", 0) : null);
        return hidden % read.NHead == 0
            ? read
            : throw config.Error("n_embd", $"a multiple of n_head {read.NHead}", $"{hidden}");
    }
}

/// <summary>GPT-2 (Radford et al. 2019): a decoder with learned positions and pre-norm blocks.
/// Follows transformers/models/gpt2/modeling_gpt2.py.</summary>
public sealed class Gpt2 : TransformerModel
{
    private readonly Gpt2Config _config;
    private readonly EmbeddingWeights _tokens;
    private readonly EmbeddingWeights _positions;
    private readonly Block[] _blocks;
    private readonly NormWeights _finalNorm;
    private readonly LinearWeights _head;

    private Gpt2(Gpt2Config config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        _tokens = load.Table("wte.weight", config.VocabSize, config.NEmbd);
        _positions = load.Table("wpe.weight", config.NPositions, config.NEmbd);
        _blocks = [.. Enumerable.Range(0, config.NLayer).Select(i => new Block(load, $"h.{i}", config))];
        _finalNorm = load.Norm("ln_f", config.NEmbd, config.LayerNormEpsilon);
        _head = load.Tied(
            "lm_head", config.TieWordEmbeddings ? "wte.weight" : "lm_head.weight", null, config.NEmbd, config.VocabSize);
    }

    /// <summary>The config.</summary>
    public Gpt2Config Config => _config;

    /// <inheritdoc/>
    public override string Architecture => "GPT2LMHeadModel";

    internal static Gpt2 Load(ModelConfig config, ComputeDevice device)
    {
        var read = Gpt2Config.Read(config);
        using var store = config.OpenWeights("", "transformer.");
        var load = new WeightLoader(store, device);
        var model = new Gpt2(read, load, device, config.Folder);

        // Old checkpoints keep the causal mask as buffers, and a second copy of the tied output layer.
        load.Pack("*.attn.bias", "*.attn.masked_bias", "lm_head.weight");
        return model;
    }

    /// <summary>Continues a text greedily, in pieces of whole characters as they are made.</summary>
    /// <exception cref="InputException">The text with what is made would be longer than the positions.</exception>
    public IEnumerable<string> Generate(string prompt, int maxNewTokens, CancellationToken cancellation = default)
    {
        var ids = Tokenizer.Encode(prompt).Ids;
        var stream = Tokenizer.StartDecoding(skipSpecialTokens: false);
        foreach (var id in Generate(ids, maxNewTokens, _config.EosTokenId, cancellation))
        {
            yield return stream.Append(id);
        }

        yield return stream.Finish();
    }

    /// <summary>Continues a prompt greedily, token by token as they are made.</summary>
    /// <param name="prompt">At least one id.</param>
    /// <param name="maxNewTokens">The most ids to make.</param>
    /// <param name="stop">An id that ends the text and is not given out; null: none.</param>
    /// <param name="cancellation">Looked at between tokens.</param>
    /// <exception cref="InputException">An id is not in the vocabulary, or the text would be longer than the positions.</exception>
    public IEnumerable<int> Generate(
        IReadOnlyList<int> prompt, int maxNewTokens, int? stop = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0 || maxNewTokens < 0)
        {
            throw new InputException($"a prompt of {prompt.Count} ids and {maxNewTokens} new tokens: at least one id is needed.");
        }

        if (prompt.Count + maxNewTokens > _config.NPositions)
        {
            throw new InputException(
                $"{prompt.Count} ids and {maxNewTokens} new tokens: the model has {_config.NPositions} positions.");
        }

        var batch = TokenBatch.Of([.. prompt], "prompt", _config.VocabSize);
        return Continue(batch, maxNewTokens, stop, cancellation);
    }

    /// <summary>Logits of the token that follows the ids.</summary>
    /// <returns>[vocab_size].</returns>
    public float[] NextLogits(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var batch = TokenBatch.Of([.. ids], "ids", _config.VocabSize);
        CheckLength(batch.Length);
        using var run = new DecoderRun(this, batch.Length, 1, batch.Length, 1, null);
        run.Prefill(batch, lastOnly: true);
        return run.Logits(0).ToArray();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow("input_ids", "attention_mask");
        var batch = TokenBatch.Of(inputs.Require("input_ids"), inputs.Optional("attention_mask"), _config.VocabSize);
        CheckLength(batch.Length);
        var rows = batch.Batch * batch.Length;
        using var run = new DecoderRun(this, rows, batch.Batch, batch.Length, rows, null);
        run.Prefill(batch, lastOnly: false);
        return [run.ReadLogits(batch)];
    }

    private protected override IReadOnlyList<Session> PlanSessions()
    {
        var length = Math.Min(128, _config.NPositions);
        var step = new DecoderRun(this, 1, 1, _config.NPositions, 1, null);
        var prefill = new DecoderRun(this, length, 1, _config.NPositions, 1, step.Session.Store);
        return [step.Session, prefill.Session];
    }

    private void CheckLength(int length)
    {
        if (length > _config.NPositions)
        {
            throw new InputException($"a text of {length} tokens, the model has {_config.NPositions} positions.");
        }
    }

    private IEnumerable<int> Continue(TokenBatch batch, int maxNewTokens, int? stop, CancellationToken cancellation)
    {
        var length = batch.Length;
        using var steps = new DecoderRun(this, 1, 1, length + maxNewTokens, 1, null);
        using (var prefill = new DecoderRun(this, length, 1, length + maxNewTokens, 1, steps.Session.Store))
        {
            if (maxNewTokens == 0)
            {
                yield break;
            }

            prefill.Prefill(batch, lastOnly: true);
            var first = ArgMax.Of(prefill.Logits(0));
            if (first == stop)
            {
                yield break;
            }

            yield return first;
            length++;
            var next = first;
            for (var i = 1; i < maxNewTokens; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                steps.Step(0, next, length - 1);
                next = ArgMax.Of(steps.Logits(0));
                if (next == stop)
                {
                    yield break;
                }

                yield return next;
                length++;
            }
        }
    }

    /// <summary>One block; the names are the checkpoint's.</summary>
    private sealed class Block(WeightLoader load, string name, Gpt2Config config)
    {
        private readonly NormWeights _norm1 = load.Norm($"{name}.ln_1", config.NEmbd, config.LayerNormEpsilon);
        private readonly SelfAttention _attention = new(
            load.Conv1D($"{name}.attn.c_attn", config.NEmbd, 3 * config.NEmbd),
            load.Conv1D($"{name}.attn.c_proj", config.NEmbd, config.NEmbd),
            config.NHead);

        private readonly NormWeights _norm2 = load.Norm($"{name}.ln_2", config.NEmbd, config.LayerNormEpsilon);
        private readonly FeedForwardLayer _feedForward = new(
            load.Conv1D($"{name}.mlp.c_fc", config.NEmbd, config.NInner),
            load.Conv1D($"{name}.mlp.c_proj", config.NInner, config.NEmbd),
            config.ActivationFunction);

        public GraphTensor Build(GraphBuilder graph, GraphTensor x, TokenSpace space)
        {
            var normed = graph.LayerNorm($"{name}.ln_1", x, _norm1);
            x = _attention.Build(graph, $"{name}.attn", normed, x, space, persistent: true);
            return _feedForward.Build(graph, $"{name}.mlp", graph.LayerNorm($"{name}.ln_2", x, _norm2), x);
        }
    }

    /// <summary>A program of the decoder for a capacity, and a session of it over caches that others may share.</summary>
    private sealed class DecoderRun : IDisposable
    {
        private readonly Gpt2 _model;
        private readonly TokenSpace _space;
        private readonly RowSpace _selectedRows;
        private readonly IntTable _selected;
        private readonly GraphTensor _logits;
        private readonly float[] _row;
        private readonly int[] _rowOf;

        public DecoderRun(Gpt2 model, int rows, int sequences, int slots, int selected, KeyValueStore? store)
        {
            _model = model;
            var graph = new GraphBuilder(rows == sequences ? "gpt2 step" : "gpt2");
            _space = TokenSpace.Declare(graph, "tokens", rows, sequences, slots, packed: false);
            _selectedRows = graph.Rows("selected", selected);
            _selected = graph.Table("selected", selected);
            var x = graph.Embedding("wte", _space.Rows, _space.Ids, model._tokens, 1f, (_space.Positions, model._positions));
            foreach (var block in model._blocks)
            {
                x = block.Build(graph, x, _space);
            }

            var normed = graph.LayerNorm("ln_f", graph.Gather("selected", x, _selectedRows, _selected), model._finalNorm);
            _logits = graph.Linear("lm_head", normed, model._head);
            graph.Output("logits", _logits);
            Session = model.NewSession(graph.Build(), store);
            PageTables.FillWhole(Session, _space.Keys);
            _row = new float[model._config.VocabSize];
            _rowOf = new int[rows];
        }

        public Session Session { get; }

        /// <summary>Reads whole texts; with <paramref name="lastOnly"/> logits of each text's last token alone.</summary>
        public void Prefill(TokenBatch batch, bool lastOnly)
        {
            var rows = new TokenRows(Session, _space);
            var table = Session.Table(_selected);
            var selected = 0;
            for (var s = 0; s < batch.Batch; s++)
            {
                // Positions and slots count from the first real token.
                var slot = 0;
                for (var i = 0; i < batch.Length; i++)
                {
                    _rowOf[s * batch.Length + i] = -1;
                    if (batch.IsReal(s, i))
                    {
                        if (!lastOnly)
                        {
                            _rowOf[s * batch.Length + i] = selected;
                            table[selected++] = rows.Count;
                        }

                        rows.Add(s, batch.Id(s, i), slot, slot, 0, slot + 1);
                        slot++;
                    }
                }

                if (lastOnly)
                {
                    table[selected++] = rows.Count - 1;
                }
            }

            rows.Finish();
            Session.SetRows(_selectedRows, selected);
            Session.Run();
        }

        /// <summary>Appends one token to a sequence.</summary>
        public void Step(int sequence, int id, int position)
        {
            var rows = new TokenRows(Session, _space);
            rows.Add(sequence, id, position, position, 0, position + 1);
            rows.Finish();
            Session.Table(_selected)[0] = 0;
            Session.SetRows(_selectedRows, 1);
            Session.Run();
        }

        /// <summary>Logits of a selected row.</summary>
        public ReadOnlySpan<float> Logits(int row)
        {
            Session.ReadAt(_logits, row * _row.Length, _row);
            return _row;
        }

        public HostTensor ReadLogits(TokenBatch batch)
        {
            var width = _row.Length;
            var values = new float[batch.Batch * batch.Length * width];
            for (var i = 0; i < batch.Batch * batch.Length; i++)
            {
                if (_rowOf[i] >= 0)
                {
                    Logits(_rowOf[i]).CopyTo(values.AsSpan(i * width));
                }
            }

            return new HostTensor("logits", values, batch.Batch, batch.Length, width);
        }

        public void Dispose() => Session.Dispose();
    }
}
