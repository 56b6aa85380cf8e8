using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using ILGPU.Runtime;

namespace GpuTransformer.Layers;

/// <summary>Loads a model's weights in two steps: every layer is declared with its shapes, then <see cref="Pack"/>
/// reports all that is missing, left over or mis-shaped in one error, or packs everything for the device.</summary>
internal sealed partial class WeightLoader(WeightStore store, ComputeDevice device, LoadOptions options)
{
    private readonly List<Action> _fill = [];
    private long _deviceBytes;

    /// <summary>Owns what is packed.</summary>
    public ModelWeights Weights { get; } = new(store);

    /// <summary>Whether the checkpoint has this tensor.</summary>
    public bool Has(string name) => store.Has(name);

    /// <summary>Where an embedding and an output layer are stored that may be tied: as in transformers 5, one that the
    /// checkpoint has is used itself, even beside another one that differs, and one that is missing is the other.</summary>
    public (string Embedding, string Head) TiedNames(string embedding, string head, bool isTied) => !isTied
        ? (embedding, head)
        : (Has(embedding) || !Has(head) ? embedding : head, Has(head) ? head : embedding);

    /// <summary>name.weight (out, in) and name.bias (out), as torch.nn.Linear.</summary>
    public LinearWeights Linear(string name, int inFeatures, int outFeatures, bool bias = true) =>
        Stack(name, inFeatures, outFeatures, bias, name);

    /// <summary>Several linear layers of the same input and output in one, one below the other.</summary>
    public LinearWeights Stack(string name, int inFeatures, int eachOut, bool bias, params string[] names) =>
        Stack(name, inFeatures, bias, [.. names.Select(n => (n, eachOut))]);

    /// <summary>Several linear layers of the same input in one, each with its own number of outputs: queries beside fewer
    /// keys and values.</summary>
    public LinearWeights Stack(string name, int inFeatures, bool bias, params (string Name, int Out)[] layers) =>
        Declare(
            name, inFeatures,
            [.. layers.Select(l => StoredRows.Of(store.Require($"{l.Name}.weight", l.Out, inFeatures), 0, l.Out, inFeatures))],
            bias ? [.. layers.Select(l => (store.Require($"{l.Name}.bias", l.Out), 0, l.Out))] : []);

    /// <summary>Rows [first, first + count) of a weight (total, in) and of its bias, where it has one: a part of torch's
    /// in_proj.</summary>
    public LinearWeights Slice(string name, string weight, string? bias, int total, int first, int count, int inFeatures) =>
        Declare(
            name, inFeatures,
            [StoredRows.Of(store.Require(weight, total, inFeatures), first, count, inFeatures)],
            bias is null ? [] : [(store.Require(bias, total), first, count)]);

    /// <summary>A weight (in, out), as GPT-2's Conv1D stores it.</summary>
    public LinearWeights Conv1D(string name, int inFeatures, int outFeatures) =>
        Declare(
            name, inFeatures,
            [StoredRows.Transposed(store.Require($"{name}.weight", inFeatures, outFeatures), outFeatures, inFeatures)],
            [(store.Require($"{name}.bias", outFeatures), 0, outFeatures)]);

    /// <summary>A weight (out, in) under its own name, with or without a bias (out) or (1, out) under another: tied output
    /// layers.</summary>
    public LinearWeights Tied(
        string name, string weight, string? bias, int inFeatures, int outFeatures, bool isBiasRow = false) =>
        Declare(
            name, inFeatures,
            [StoredRows.Of(store.Require(weight, outFeatures, inFeatures), 0, outFeatures, inFeatures)],
            bias is null ? [] : [(isBiasRow ? store.Require(bias, 1, outFeatures) : store.Require(bias, outFeatures), 0, outFeatures)]);

    /// <summary>name.weight and name.bias, (width).</summary>
    public NormWeights Norm(string name, int width, float epsilon)
    {
        var norm = Own(new NormWeights(name, width, epsilon));
        var weight = store.Require($"{name}.weight", width);
        var bias = store.Require($"{name}.bias", width);
        _fill.Add(() => norm.Fill(Upload(weight, name), Upload(bias, name)));
        return norm;
    }

    /// <summary>name.weight (width) of a norm without bias: RMSNorm.</summary>
    /// <param name="name">Name in the checkpoint.</param>
    /// <param name="width">Elements.</param>
    /// <param name="epsilon">Added under the root.</param>
    /// <param name="shift">Added to each weight: 1 for Gemma's norm.</param>
    /// <param name="scale">Factor on each weight: what a model multiplies the normalized rows with.</param>
    public NormWeights RmsNorm(string name, int width, float epsilon, float shift = 0f, float scale = 1f)
    {
        var norm = Own(new NormWeights(name, width, epsilon, shift));
        var weight = store.Require($"{name}.weight", width);
        _fill.Add(() => norm.Fill(Upload(Array.ConvertAll(weight.ReadFloat32(), w => w * scale), name), null));
        return norm;
    }

    /// <summary>A small tensor (elements) as the host reads it, or null where the checkpoint has none.</summary>
    public float[]? Optional(string name, int elements) => store.Optional(name, elements)?.ReadFloat32();

    /// <summary>A table stored with this shape, read as rows of the last dimension.</summary>
    public EmbeddingWeights Table(string name, params long[] shape)
    {
        var width = (int)shape[^1];
        var rows = checked((int)shape[..^1].Aggregate(1L, (a, b) => checked(a * b)));
        var table = Own(new EmbeddingWeights(name, rows, width));
        var source = store.Require(name, shape);
        _deviceBytes += (long)rows * width * sizeof(float);
        _fill.Add(() => table.Fill(Upload(source, name)));
        return table;
    }

    /// <summary>A table stored (rows, width) whose rows are looked up by token alone: on a CPU it stays in the mapped
    /// file.</summary>
    public EmbeddingWeights TokenTable(string name, int rows, int width)
    {
        var kernels = device.Kernels;
        if (!options.MapsTables || kernels.Traits.Kind != DeviceKind.Cpu || kernels.RequestedVariant is not (null or VariantKind.Cpu))
        {
            return Table(name, rows, width);
        }

        var table = Own(new EmbeddingWeights(name, rows, width));
        var source = store.Require(name, rows, width);
        _fill.Add(() =>
        {
            if (!table.TryMap(source))
            {
                table.Fill(Upload(source, name));
            }
        });
        return table;
    }

    /// <summary>A table of another shape, made from the elements of a stored tensor.</summary>
    public EmbeddingWeights TableFrom(string name, int rows, int width, Func<float[], float[]> make, params long[] shape)
    {
        var table = Own(new EmbeddingWeights(name, rows, width));
        var source = store.Require(name, shape);
        _deviceBytes += (long)rows * width * sizeof(float);
        _fill.Add(() => table.Fill(Upload(make(source.ReadFloat32()), name)));
        return table;
    }

    /// <summary>A table that is computed and not stored.</summary>
    public EmbeddingWeights Computed(string name, int rows, int width, float[] values) => Computed(name, rows, width, () => values);

    /// <summary>A table that is computed and not stored, once every stored weight was found: sizes that a config merely
    /// claims cost nothing.</summary>
    public EmbeddingWeights Computed(string name, int rows, int width, Func<float[]> values)
    {
        var table = Own(new EmbeddingWeights(name, rows, width));
        _fill.Add(() => table.Fill(Upload(WeightSource.FromArray(name, values(), rows, width), name)));
        return table;
    }

    /// <summary>Checks that every weight is there and none is left, then packs.</summary>
    /// <param name="mayStayUnused">Names that may be left over; one * may stand at either end.</param>
    /// <exception cref="InputException">Lists everything that does not fit.</exception>
    /// <exception cref="DeviceException">The device has no room for them, which is said before anything is written.</exception>
    public void Pack(params string[] mayStayUnused)
    {
        store.Check(mayStayUnused);
        device.Kernels.DevicePool.CheckRoom(_deviceBytes, $"the {_fill.Count} weights of the model");
        try
        {
            _fill.ForEach(fill => fill());

            // Sessions run on streams of their own, which do not wait for this one.
            device.Accelerator.DefaultStream.Synchronize();
        }
        catch (AcceleratorException error)
        {
            Weights.Dispose();
            throw DeviceException.Of(device.Kernels.Traits, "writing the weights", error);
        }
        catch
        {
            Weights.Dispose();
            throw;
        }
    }

    private LinearWeights Declare(
        string name, int inFeatures, WeightRows[] parts, (WeightSource? Source, int First, int Count)[] biases)
    {
        var matrices = WeightEncodings.Split(options, device.Kernels, parts);
        var linear = Own(new LinearWeights(name, inFeatures, [.. matrices.Select(matrix => matrix.Parts.Sum(part => part.N))]));
        _deviceBytes += matrices.Sum(matrix => PackedMatrix.DeviceBytes(device.Kernels, matrix.Encoding, matrix.Parts));
        _fill.Add(() =>
        {
            // Each matrix is the layer's before there may be no room for the next one or the bias.
            foreach (var (i, (encoding, own)) in matrices.Index())
            {
                linear.Fill(i, PackedMatrix.Create(device.Kernels, encoding, options.Activations, own));
            }

            if (biases.Length > 0)
            {
                linear.FillBias(UploadParts(linear, biases));
            }
        });
        return linear;
    }

    /// <summary>A bias made of parts; zeros where there is none.</summary>
    private DeviceMemory<float> UploadParts(LinearWeights linear, (WeightSource? Source, int First, int Count)[] parts)
    {
        var values = new float[linear.OutFeatures];
        var next = 0;
        foreach (var (source, first, count) in parts)
        {
            source?.CopyFloat32(first, values.AsSpan(next, count));
            next += count;
        }

        return Upload(values, $"{linear.Name}.bias");
    }

    private DeviceMemory<float> Upload(WeightSource source, string name) => Upload(source.ReadFloat32(), name);

    private DeviceMemory<float> Upload(float[] values, string name)
    {
        var memory = new DeviceMemory<float>(device.Kernels, values.Length, name, isCleared: false);
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
