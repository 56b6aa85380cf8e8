using System.Buffers;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Tokenizers;

namespace GpuTransformer.Models;

/// <content>How a batch of texts runs through the encoder.</content>
public abstract partial class TextEncoder
{
    private TResult Run<TResult>(
        TokenBatch batch, Func<int, int, bool> compute, IReadOnlyList<(int, int)> selected, Func<EncoderRun, TResult> read)
    {
        var rows = 0;
        for (var s = 0; s < batch.Batch; s++)
        {
            for (var i = 0; i < batch.Length; i++)
            {
                rows += batch.IsReal(s, i) || compute(s, i) ? 1 : 0;
            }
        }

        var run = _runs.Rent(
            idle => idle.Fits(rows, batch.Batch, batch.Length, selected.Count),
            () => new EncoderRun(this, Buckets.Of(rows), Buckets.Of(batch.Batch), Buckets.Of(batch.Length), Buckets.Of(selected.Count), null));
        try
        {
            run.Start(batch, compute, selected);
            return read(run);
        }
        finally
        {
            _runs.Return(run);
        }
    }

    /// <summary>A program of the encoder for a capacity, and a session of it.</summary>
    private sealed class EncoderRun : IDisposable
    {
        private readonly TextEncoder _model;
        private readonly TokenSpace _space;
        private readonly IntTable _types;
        private readonly IntTable _selected;
        private readonly RowSpace _selectedRows;
        private readonly GraphTensor _hidden;
        private readonly GraphTensor? _headOutput;
        private readonly int _capacity;
        private readonly int[] _slots;
        private int[] _rowOf = [];

        public EncoderRun(TextEncoder model, int rows, int sequences, int slots, int selected, int? attentionLayer)
        {
            using var part = StartTimes.Measure("plan");
            _model = model;
            var graph = new GraphBuilder(model.GetType().Name.ToLowerInvariant());
            _space = TokenSpace.Declare(graph, "tokens", rows, sequences, slots, packed: true);
            _types = graph.Table("token_type_ids", rows);
            _selectedRows = graph.Rows("selected", selected);
            _selected = graph.Table("selected", selected);
            _hidden = model._stack.Build(graph, _space, _types, attentionLayer);
            graph.Output("last_hidden_state", _hidden);
            if (model._head is { } head)
            {
                _headOutput = head.Build(graph, graph.Gather("selected", _hidden, _selectedRows, _selected));
                graph.Output(head.Output, _headOutput.Value);
            }

            Session = model.NewSession(graph.Build());
            _capacity = sequences * slots;
            _slots = new int[sequences];
        }

        public Session Session { get; }

        private int HeadWidth => _model._head!.Width;

        private int HiddenSize => _model.Config.HiddenSize;

        public bool Fits(int rows, int sequences, int slots, int selected) =>
            rows <= _space.Rows.Capacity && sequences <= _space.Keys.Sequences &&
            slots <= _space.Keys.SlotsPerSequence && sequences * slots <= _capacity && selected <= _selectedRows.Capacity;

        /// <summary>Fills the tables and runs. Padding takes no row, unless <paramref name="compute"/> asks for it.</summary>
        public void Start(TokenBatch batch, Func<int, int, bool> compute, IReadOnlyList<(int Sequence, int Index)> selected)
        {
            var rows = new TokenRows(Session, _space);
            var types = Session.Table(_types);
            var positions = new int[batch.Length];
            _rowOf = new int[batch.Batch * batch.Length];
            for (var s = 0; s < batch.Batch; s++)
            {
                _slots[s] = 0;
                for (var i = 0; i < batch.Length; i++)
                {
                    _slots[s] += batch.IsReal(s, i) ? 1 : 0;
                }

                _model.FillPositions(batch, s, positions);
                var slot = 0;
                for (var i = 0; i < batch.Length; i++)
                {
                    var real = batch.IsReal(s, i);
                    _rowOf[s * batch.Length + i] = -1;
                    if (real || compute(s, i))
                    {
                        _rowOf[s * batch.Length + i] = rows.Count;
                        types[rows.Count] = batch.Type(s, i);
                        rows.Add(s, batch.Id(s, i), positions[i], real ? slot++ : -1, 0, _slots[s]);
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

        /// <summary>The outputs as Hugging Face names and shapes them; rows that were not computed are zeros.</summary>
        public IReadOnlyList<HostTensor> ReadOutputs(TokenBatch batch, IReadOnlyList<(int Sequence, int Index)> selected)
        {
            if (_model.Config.Task != EncoderTask.Encode)
            {
                return [ReadHead(batch, selected)];
            }

            var values = ReadHidden(batch);
            var hidden = new HostTensor("last_hidden_state", values, batch.Batch, batch.Length, HiddenSize);
            return _headOutput is null ? [hidden] : [hidden, ReadHead(batch, selected)];
        }

        /// <summary>The head's rows, one array each.</summary>
        public float[][] ReadRows(int count) => [.. ReadPacked(_headOutput!.Value, count, HeadWidth).Chunk(HeadWidth)];

        /// <summary>The head's rows of every token, one array a text.</summary>
        public float[][] ReadRowsOf(IReadOnlyList<Tokenization> texts) => Split(_headOutput!.Value, texts, HeadWidth);

        /// <summary>The hidden states, one array a text.</summary>
        public float[][] ReadHiddenOf(IReadOnlyList<Tokenization> texts) => Split(_hidden, texts, HiddenSize);

        /// <summary>Hands out the hidden states, a text at a time.</summary>
        /// <returns>The texts.</returns>
        public int VisitHiddenOf(IReadOnlyList<Tokenization> texts, int first, Action<int, ReadOnlySpan<float>> use)
        {
            var elements = texts.Sum(text => text.Ids.Length) * HiddenSize;
            var states = ArrayPool<float>.Shared.Rent(elements);
            Session.Read(_hidden, states.AsSpan(0, elements));
            var next = 0;
            for (var i = 0; i < texts.Count; i++)
            {
                var length = texts[i].Ids.Length * HiddenSize;
                use(first + i, states.AsSpan(next, length));
                next += length;
            }

            ArrayPool<float>.Shared.Return(states);
            return texts.Count;
        }

        /// <summary>The attention weights of a single text.</summary>
        public float[,,] ReadMap(int length)
        {
            var map = Session.Program.Outputs["attention"];
            var values = ReadPacked(map, length, map.Width);
            var heads = _model.Config.NumAttentionHeads;
            var weights = new float[heads, length, length];
            for (var from = 0; from < length; from++)
            {
                for (var head = 0; head < heads; head++)
                {
                    for (var to = 0; to < length; to++)
                    {
                        weights[head, from, to] = values[from * map.Width + head * (map.Width / heads) + to];
                    }
                }
            }

            return weights;
        }

        public void Dispose() => Session.Dispose();

        /// <summary>The hidden states at their places in the padded batch.</summary>
        private float[] ReadHidden(TokenBatch batch)
        {
            var rows = Session.RowsOf(_space.Rows);
            if (rows == batch.Batch * batch.Length)
            {
                return ReadPacked(_hidden, rows, HiddenSize);
            }

            var values = new float[batch.Batch * batch.Length * HiddenSize];
            var packed = ArrayPool<float>.Shared.Rent(rows * HiddenSize);
            Session.Read(_hidden, packed.AsSpan(0, rows * HiddenSize));
            for (var i = 0; i < batch.Batch * batch.Length; i++)
            {
                if (_rowOf[i] >= 0)
                {
                    packed.AsSpan(_rowOf[i] * HiddenSize, HiddenSize).CopyTo(values.AsSpan(i * HiddenSize));
                }
            }

            ArrayPool<float>.Shared.Return(packed);
            return values;
        }

        private HostTensor ReadHead(TokenBatch batch, IReadOnlyList<(int Sequence, int Index)> selected)
        {
            var head = _model._head!;
            var packed = ReadPacked(_headOutput!.Value, selected.Count, head.Width);
            if (!head.IsPerToken)
            {
                return new HostTensor(head.Output, packed, batch.Batch, head.Width);
            }

            var values = new float[batch.Batch * batch.Length * head.Width];
            for (var i = 0; i < selected.Count; i++)
            {
                var at = (selected[i].Sequence * batch.Length + selected[i].Index) * head.Width;
                packed.AsSpan(i * head.Width, head.Width).CopyTo(values.AsSpan(at));
            }

            return new HostTensor(head.Output, values, batch.Batch, batch.Length, head.Width);
        }

        private float[] ReadPacked(GraphTensor tensor, int rows, int width)
        {
            var values = GC.AllocateUninitializedArray<float>(rows * width);
            Session.Read(tensor, values);
            return values;
        }

        // Texts without padding fill rows one after another.
        private float[][] Split(GraphTensor tensor, IReadOnlyList<Tokenization> texts, int width)
        {
            var first = 0;
            var parts = new float[texts.Count][];
            for (var i = 0; i < parts.Length; i++)
            {
                parts[i] = new float[texts[i].Ids.Length * width];
                Session.ReadAt(tensor, first, parts[i]);
                first += parts[i].Length;
            }

            return parts;
        }
    }

    /// <summary>The position of each token of a sequence: its place, or as RoBERTa counts, from padding_idx + 1 over the
    /// tokens that are not padding (by id, not by mask), which themselves stand at padding_idx.</summary>
    private void FillPositions(TokenBatch batch, int sequence, Span<int> positions)
    {
        if (Config.PaddingIdx is not { } padding)
        {
            CheckLength(batch.Length);
            for (var i = 0; i < positions.Length; i++)
            {
                positions[i] = i;
            }

            return;
        }

        var next = padding + 1;
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = batch.Id(sequence, i) == padding ? padding : next++;
        }

        CheckLength(next - padding - 1);
    }
}
