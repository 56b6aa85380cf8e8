using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <content>How a batch of texts runs through the encoder.</content>
public sealed partial class Bert
{
    /// <summary>A program of the encoder for a capacity, and a session of it.</summary>
    private sealed class EncoderRun : IDisposable
    {
        private readonly Bert _model;
        private readonly TokenSpace _space;
        private readonly IntTable _types;
        private readonly IntTable _selected;
        private readonly RowSpace _selectedRows;
        private readonly GraphTensor _hidden;
        private readonly GraphTensor? _pooled;
        private readonly int[] _rowOf;
        private readonly int[] _slots;

        public EncoderRun(Bert model, int rows, int sequences, int slots, int selected, int? attentionLayer)
        {
            _model = model;
            var graph = new GraphBuilder("bert");
            _space = TokenSpace.Declare(graph, "tokens", rows, sequences, slots, packed: true);
            _types = graph.Table("token_type_ids", rows);
            _selectedRows = graph.Rows("selected", selected);
            _selected = graph.Table("selected", selected);
            var x = graph.Embedding(
                "embeddings", _space.Rows, _space.Ids, model._words, 1f, (_space.Positions, model._positions), (_types, model._types));
            x = graph.LayerNorm("embeddings.LayerNorm", x, model._embeddingNorm);
            for (var i = 0; i < model._layers.Length; i++)
            {
                x = model._layers[i].Build(graph, x, _space, i == attentionLayer ? "attention" : null);
            }

            _hidden = x;
            graph.Output("last_hidden_state", x);
            if (model._head is { } head)
            {
                Logits = head.Build(graph, graph.Gather("selected", x, _selectedRows, _selected));
                graph.Output("logits", Logits.Value);
            }
            else if (model._pooler is { } pooler)
            {
                _pooled = graph.Linear("pooler.dense", graph.Gather("pooler", x, _selectedRows, _selected), pooler, ActivationKind.Tanh);
                graph.Output("pooler_output", _pooled.Value);
            }

            Session = model.NewSession(graph.Build());
            _rowOf = new int[sequences * slots];
            _slots = new int[sequences];
        }

        public Session Session { get; }

        public GraphTensor? Logits { get; }

        public bool Fits(int rows, int sequences, int slots, int selected) =>
            rows <= _space.Rows.Capacity && sequences <= _space.Keys.Sequences &&
            slots <= _space.Keys.SlotsPerSequence && sequences * slots <= _rowOf.Length && selected <= _selectedRows.Capacity;

        /// <summary>Fills the tables and runs. Padding takes no row, unless <paramref name="compute"/> asks for it.</summary>
        public void Start(TokenBatch batch, Func<int, int, bool> compute, IReadOnlyList<(int Sequence, int Index)> selected)
        {
            var rows = new TokenRows(Session, _space);
            var types = Session.Table(_types);
            for (var s = 0; s < batch.Batch; s++)
            {
                _slots[s] = 0;
                for (var i = 0; i < batch.Length; i++)
                {
                    _slots[s] += batch.IsReal(s, i) ? 1 : 0;
                }

                var slot = 0;
                for (var i = 0; i < batch.Length; i++)
                {
                    var real = batch.IsReal(s, i);
                    _rowOf[s * batch.Length + i] = -1;
                    if (real || compute(s, i))
                    {
                        _rowOf[s * batch.Length + i] = rows.Count;
                        types[rows.Count] = batch.Type(s, i);
                        rows.Add(s, batch.Id(s, i), i, real ? slot++ : -1, 0, _slots[s]);
                    }
                }
            }

            rows.Finish();
            PageTables.FillPacked(Session, _space.Keys, _slots.AsSpan(0, batch.Batch));
            var table = Session.Table(_selected);
            for (var i = 0; i < selected.Count; i++)
            {
                table[i] = _rowOf[selected[i].Sequence * batch.Length + selected[i].Index];
            }

            Session.SetRows(_selectedRows, selected.Count);
            Session.Run();
        }

        public IReadOnlyList<HostTensor> ReadHidden(TokenBatch batch)
        {
            var width = _model._config.HiddenSize;
            var packed = new float[Session.RowsOf(_space.Rows) * width];
            Session.Read(_hidden, packed);
            var hidden = new HostTensor("last_hidden_state", Unpack(packed, batch, width), batch.Batch, batch.Length, width);
            if (_pooled is not { } pooled)
            {
                return [hidden];
            }

            var values = new float[batch.Batch * width];
            Session.Read(pooled, values);
            return [hidden, new HostTensor("pooler_output", values, batch.Batch, width)];
        }

        public HostTensor ReadLogits(TokenBatch batch, IReadOnlyList<(int Sequence, int Index)> selected)
        {
            var width = _model._config.VocabSize;
            var packed = new float[selected.Count * width];
            Session.Read(Logits!.Value, packed);
            var logits = new float[batch.Batch * batch.Length * width];
            for (var i = 0; i < selected.Count; i++)
            {
                packed.AsSpan(i * width, width).CopyTo(logits.AsSpan((selected[i].Sequence * batch.Length + selected[i].Index) * width));
            }

            return new HostTensor("logits", logits, batch.Batch, batch.Length, width);
        }

        public void Dispose() => Session.Dispose();

        /// <summary>Rows back to their places; padding is zeros.</summary>
        private float[] Unpack(float[] packed, TokenBatch batch, int width)
        {
            var values = new float[batch.Batch * batch.Length * width];
            for (var i = 0; i < batch.Batch * batch.Length; i++)
            {
                if (_rowOf[i] >= 0)
                {
                    packed.AsSpan(_rowOf[i] * width, width).CopyTo(values.AsSpan(i * width));
                }
            }

            return values;
        }
    }
}
