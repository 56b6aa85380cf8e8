using GpuTransformer.Generation;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.OpenCl;

/// <summary>What another implementation answered to the inputs in a folder's io.safetensors.</summary>
internal sealed class RecordedAnswers : IDisposable
{
    /// <summary>Of the largest absolute value: both sides are float32 with sums in different orders.</summary>
    private const double Relative = 2e-5;
    private const string Prefix = "out.";

    private readonly string _path;
    private readonly SafetensorsFile _file;

    public RecordedAnswers(string folder)
    {
        _path = Path.Combine(folder, "io.safetensors");
        _file = SafetensorsFile.Open(_path);
    }

    /// <summary>Whether a tensor was recorded.</summary>
    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    /// <summary>Rows of a recorded matrix of ids.</summary>
    public int[][] Ids(string name) =>
        [.. _file.ReadInt64(name).Select(id => (int)id).Chunk((int)_file.Tensors[name].Shape[^1])];

    public float[] Floats(string name) => _file.ReadFloat32(name);

    /// <summary>The input ids without their padding.</summary>
    public int[][] Sources()
    {
        var ids = Ids("in.input_ids");
        return Has("in.attention_mask")
            ? [.. ids.Zip(Ids("in.attention_mask"), (row, mask) => row.Where((_, i) => mask[i] != 0).ToArray())]
            : ids;
    }

    /// <summary>Runs the inputs and compares every output that was recorded; rows under padding mean nothing.</summary>
    public void Compare(TransformerModel model)
    {
        var outputs = model.Forward(ForwardInputs.Read(_path));
        var compared = 0;
        foreach (var (stored, tensor) in _file.Tensors)
        {
            if (stored.StartsWith(Prefix, StringComparison.Ordinal) && outputs.SingleOrDefault(o => o.Name == stored[Prefix.Length..]) is { } output)
            {
                Assert.Equal(tensor.Shape, output.Shape);
                Compare(stored, Floats(stored), output.Floats, RealRows(stored));
                compared++;
            }
        }

        Assert.NotEqual(0, compared);
    }

    /// <summary>Shorter answers are recorded with one and the same id behind.</summary>
    public void Compare(string name, IReadOnlyList<GenerationResult> answers, int skip = 0)
    {
        var rows = Ids(name);
        Assert.Equal(rows.Length, answers.Count);
        foreach (var (row, answer) in rows.Zip(answers))
        {
            Assert.Equal(row[skip..][..answer.Ids.Count], answer.Ids);
            Assert.InRange(row[skip..][answer.Ids.Count..].Distinct().Count(), 0, 1);
        }
    }

    public void Dispose() => _file.Dispose();

    private static void Compare(string what, float[] expected, float[] actual, Func<int, bool> counts)
    {
        var real = Enumerable.Range(0, expected.Length).Where(counts).ToArray();
        var largest = real.Max(i => Math.Abs(expected[i]));
        var wrong = real.Where(i => !(Math.Abs(expected[i] - actual[i]) <= Relative * largest)).ToArray();
        Assert.True(
            wrong.Length == 0,
            wrong.Length == 0 ? "" : $"{what}: {wrong.Length} of {real.Length} differ, element {wrong[0]} is {actual[wrong[0]]}, recorded {expected[wrong[0]]}, largest {largest}");
    }

    private Func<int, bool> RealRows(string stored)
    {
        var shape = _file.Tensors[stored].Shape;
        if (!Has("in.attention_mask") || shape.Length != 3 || !_file.Tensors["in.attention_mask"].Shape.SequenceEqual(shape.Take(2)))
        {
            return _ => true;
        }

        var mask = _file.ReadInt64("in.attention_mask");
        var width = (int)shape[2];
        return i => mask[i / width] != 0;
    }
}
