using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Tasks;

/// <summary>A named entity.</summary>
/// <param name="Label">Its kind, without B- or I-.</param>
/// <param name="Score">The mean of its tokens' probabilities.</param>
/// <param name="Start">Where it begins, in UTF-16 units of the text.</param>
/// <param name="End">Where it ends.</param>
public readonly record struct Entity(string Label, float Score, int Start, int End);

/// <summary>Named entities, as transformers' token-classification pipeline finds them with the aggregation "simple":
/// neighbouring tokens of one kind are one entity, and B- begins a new one.</summary>
public sealed class EntityFinder : TextTask
{
    private const string Outside = "O";

    private EntityFinder(TextEncoder model, TokenizeOptions? options)
        : base(model, options)
    {
    }

    /// <summary>Loads the model of a folder, whose config.json names a token classification architecture.</summary>
    /// <exception cref="InputException">It is another one, or the folder is not what it must be.</exception>
    public static EntityFinder Load(string folder, ComputeDevice device, TokenizeOptions? options = null, LoadOptions? loading = null)
    {
        var model = LoadEncoder(folder, device, null, loading);
        try
        {
            model.RequireHead(EncoderTask.TokenClassification);
            return new EntityFinder(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The entities of a text, in its order.</summary>
    public IReadOnlyList<Entity> Find(string text) => Find([Tokenize(text)])[0];

    /// <summary>The entities of texts, each in its order.</summary>
    public IReadOnlyList<Entity>[] Find(IReadOnlyList<Tokenization> texts)
    {
        var logits = Model.TokenLogits(texts);
        return [.. texts.Select((text, i) => Group(text, logits[i], Model.Config.Labels))];
    }

    /// <summary>Joins a text's tokens.</summary>
    /// <param name="text">The tokens.</param>
    /// <param name="logits">[tokens, labels].</param>
    /// <param name="labels">Names of the labels.</param>
    internal static List<Entity> Group(Tokenization text, float[] logits, IReadOnlyList<string> labels)
    {
        var found = new List<Entity>();
        Open? open = null;
        for (var i = 0; i < text.Ids.Length; i++)
        {
            if (text.SpecialMask[i] != 0)
            {
                continue;
            }

            var scores = Scores.Softmax(logits.AsSpan(i * labels.Count, labels.Count));
            var best = Array.IndexOf(scores, scores.Max());
            var (begins, tag) = TagOf(labels[Math.Max(0, best)]);
            var (start, end) = text.Offsets[i];
            if (open is not null && !begins && open.Tag == tag)
            {
                open.Add(scores[Math.Max(0, best)], end);
                continue;
            }

            Close(open, found);
            open = new Open(labels[Math.Max(0, best)], tag, start);
            open.Add(scores[Math.Max(0, best)], end);
        }

        Close(open, found);
        return found;
    }

    private static void Close(Open? open, List<Entity> found)
    {
        if (open is not null && open.Kind != Outside)
        {
            found.Add(open.ToEntity());
        }
    }

    private static (bool Begins, string Tag) TagOf(string label) =>
        label.StartsWith("B-", StringComparison.Ordinal) ? (true, label[2..]) :
        label.StartsWith("I-", StringComparison.Ordinal) ? (false, label[2..]) :
        (false, label);

    /// <summary>An entity that more tokens may join.</summary>
    private sealed class Open(string label, string tag, int start)
    {
        private double _sum;
        private int _count;
        private int _end;

        public string Tag => tag;

        /// <summary>As transformers names a group: what follows the first hyphen of its first label.</summary>
        public string Kind => label[(label.IndexOf('-') + 1)..];

        public void Add(float score, int end)
        {
            _sum += score;
            _count++;
            _end = end;
        }

        public Entity ToEntity() => new(Kind, (float)(_sum / _count), start, _end);
    }
}
