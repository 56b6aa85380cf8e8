using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;

namespace GpuTransformer.Layers;

/// <summary>Loads a model's weights in two steps: every layer is declared with its shapes, then <see cref="Pack"/>
/// reports all that is missing, left over or mis-shaped in one error, or packs everything for the device.</summary>
internal sealed class WeightLoader(WeightStore store, ComputeDevice device)
{
    private readonly List<Action> _fill = [];

    /// <summary>Owns what is packed.</summary>
    public ModelWeights Weights { get; } = new(store);

    /// <summary>Whether the checkpoint has this tensor.</summary>
    public bool Has(string name) => store.Has(name);

    /// <summary>name.weight (out, in) and name.bias (out), as torch.nn.Linear.</summary>
    public LinearWeights Linear(string name, int inFeatures, int outFeatures, bool bias = true) =>
        Stack(name, inFeatures, outFeatures, bias, name);

    /// <summary>Several linear layers of the same input in one matrix, one below the other.</summary>
    public LinearWeights Stack(string name, int inFeatures, int eachOut, bool bias, params string[] names) =>
        Declare(
            new LinearWeights(name, inFeatures, eachOut * names.Length),
            [.. names.Select(n => StoredRows.Of(store.Require($"{n}.weight", eachOut, inFeatures), 0, eachOut, inFeatures))],
            bias ? [.. names.Select(n => (store.Require($"{n}.bias", eachOut), 0))] : []);

    /// <summary>Rows [first, first + count) of a weight (total, in) and its bias: a part of torch's in_proj.</summary>
    public LinearWeights Slice(string name, string weight, string bias, int total, int first, int count, int inFeatures) =>
        Declare(
            new LinearWeights(name, inFeatures, count),
            [StoredRows.Of(store.Require(weight, total, inFeatures), first, count, inFeatures)],
            [(store.Require(bias, total), first)]);

    /// <summary>A weight (in, out), as GPT-2's Conv1D stores it.</summary>
    public LinearWeights Conv1D(string name, int inFeatures, int outFeatures) =>
        Declare(
            new LinearWeights(name, inFeatures, outFeatures),
            [StoredRows.Transposed(store.Require($"{name}.weight", inFeatures, outFeatures), outFeatures, inFeatures)],
            [(store.Require($"{name}.bias", outFeatures), 0)]);

    /// <summary>A convolution whose kernel is its stride, (out, channels, height, width), as a linear layer.</summary>
    public LinearWeights PatchProjection(string name, int outFeatures, int channels, int height, int width)
    {
        var inFeatures = channels * height * width;
        return Declare(
            new LinearWeights(name, inFeatures, outFeatures),
            [StoredRows.Of(store.Require($"{name}.weight", outFeatures, channels, height, width), 0, outFeatures, inFeatures)],
            [(store.Require($"{name}.bias", outFeatures), 0)]);
    }

    /// <summary>A weight (out, in) under its own name, with or without a bias under another: tied output layers.</summary>
    public LinearWeights Tied(string name, string weight, string? bias, int inFeatures, int outFeatures) =>
        Declare(
            new LinearWeights(name, inFeatures, outFeatures),
            [StoredRows.Of(store.Require(weight, outFeatures, inFeatures), 0, outFeatures, inFeatures)],
            bias is null ? [] : [(store.Require(bias, outFeatures), 0)]);

    /// <summary>name.weight and name.bias, (width).</summary>
    public NormWeights Norm(string name, int width, float epsilon)
    {
        var norm = Own(new NormWeights(name, width, epsilon));
        var weight = store.Require($"{name}.weight", width);
        var bias = store.Require($"{name}.bias", width);
        _fill.Add(() => norm.Fill(Upload(weight, name), Upload(bias, name)));
        return norm;
    }

    /// <summary>A table stored with this shape, read as rows of the last dimension.</summary>
    public EmbeddingWeights Table(string name, params long[] shape)
    {
        var width = (int)shape[^1];
        var rows = checked((int)shape[..^1].Aggregate(1L, (a, b) => checked(a * b)));
        var table = Own(new EmbeddingWeights(name, rows, width));
        var source = store.Require(name, shape);
        _fill.Add(() => table.Fill(Upload(source, name)));
        return table;
    }

    /// <summary>A table that is computed and not stored.</summary>
    public EmbeddingWeights Computed(string name, int rows, int width, float[] values)
    {
        var table = Own(new EmbeddingWeights(name, rows, width));
        _fill.Add(() => table.Fill(Upload(WeightSource.FromArray(name, values, rows, width), name)));
        return table;
    }

    /// <summary>Checks that every weight is there and none is left, then packs.</summary>
    /// <param name="mayStayUnused">Names that may be left over; one * may stand at either end.</param>
    /// <exception cref="InputException">Lists everything that does not fit.</exception>
    public void Pack(params string[] mayStayUnused)
    {
        store.Check(mayStayUnused);
        try
        {
            _fill.ForEach(fill => fill());
        }
        catch
        {
            Weights.Dispose();
            throw;
        }
    }

    private LinearWeights Declare(LinearWeights linear, WeightRows[] parts, (WeightSource Source, int First)[] biases)
    {
        Own(linear);
        _fill.Add(() => linear.Fill(
            PackedMatrix.Create(device.Kernels, parts),
            biases.Length == 0 ? null : UploadParts(linear, biases)));
        return linear;
    }

    private DeviceMemory<float> UploadParts(LinearWeights linear, (WeightSource Source, int First)[] parts)
    {
        var values = new float[linear.OutFeatures];
        var each = values.Length / parts.Length;
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i].Source.CopyFloat32(parts[i].First, values.AsSpan(i * each, each));
        }

        return Upload(values, $"{linear.Name}.bias");
    }

    private DeviceMemory<float> Upload(WeightSource source, string name) => Upload(source.ReadFloat32(), name);

    private DeviceMemory<float> Upload(float[] values, string name)
    {
        var memory = new DeviceMemory<float>(device.Kernels, values.Length, name);
        memory.Write(device.Accelerator.DefaultStream, 0, values);
        return memory;
    }

    private T Own<T>(T weights)
        where T : IDisposable
    {
        Weights.Own(weights);
        return weights;
    }
}
