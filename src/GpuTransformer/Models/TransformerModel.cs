using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Tokenizers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>A model on a device: its weights, packed once. Any number of threads may use one at a time: each call works
/// in a session of its own.</summary>
public abstract class TransformerModel : IDisposable
{
    private readonly ModelWeights _weights;
    private Lazy<Tokenizer> _tokenizer;

    private protected TransformerModel(ModelWeights weights, ComputeDevice device, string folder)
    {
        _weights = weights;
        _tokenizer = new Lazy<Tokenizer>(() => LoadTokenizer(folder));
        Device = device;
        Folder = folder;
    }

    /// <summary>The folder, or the GGUF file, that it was loaded from.</summary>
    public string Folder { get; }

    /// <summary>The tokenizer of its folder, read when it is first asked for.</summary>
    /// <exception cref="InputException">The folder has none, or one that is not understood.</exception>
    public Tokenizer Tokenizer => _tokenizer.Value;

    /// <summary>The device that it runs on, which must outlive it.</summary>
    public ComputeDevice Device { get; }

    /// <summary>Family and architecture, as Hugging Face's config names them.</summary>
    public abstract string Architecture { get; }

    /// <summary>Parameters in the checkpoint.</summary>
    public long Parameters => _weights.Parameters;

    /// <summary>Bytes of the weights in the checkpoint.</summary>
    public long CheckpointBytes => _weights.CheckpointBytes;

    /// <summary>Loads the model of a folder by its config.json, or of a GGUF file by its metadata.</summary>
    /// <param name="folder">Holds config.json and weights, as Hugging Face leaves it, or one GGUF file and no config.json;
    /// or is the path of a GGUF file.</param>
    /// <param name="device">Where to run it.</param>
    /// <param name="options">How to load it.</param>
    /// <exception cref="InputException">The folder, its config or its weights are not what they must be.</exception>
    public static TransformerModel Load(string folder, ComputeDevice device, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        return ModelFamilies.Load(ModelConfig.Load(folder, options), device);
    }

    /// <summary>Begins to read a folder's tokenizer on another thread.</summary>
    internal static Task<Tokenizer> ReadTokenizer(string folder) => Task.Run(() => LoadTokenizer(folder));

    /// <summary>Takes a tokenizer that is being read. What is wrong with it is thrown when it is first asked for.</summary>
    internal void TakeTokenizer(Task<Tokenizer> reading) => _tokenizer = new Lazy<Tokenizer>(() => reading.GetAwaiter().GetResult());

    /// <summary>Runs raw named tensors and returns every output under the name Hugging Face gives it.</summary>
    /// <exception cref="InputException">A tensor is missing, unknown, mis-shaped, or holds an id out of range.</exception>
    public abstract IReadOnlyList<HostTensor> Forward(ForwardInputs inputs);

    /// <summary>What a run would launch, for inputs of a usual size.</summary>
    public IReadOnlyList<PlanReport> Plan()
    {
        var sessions = NewPlanSessions();
        try
        {
            return [.. sessions.Select(PlanReport.Of)];
        }
        finally
        {
            // The last session may own the caches that the first uses.
            foreach (var session in sessions.Reverse())
            {
                session.Dispose();
            }
        }
    }

    /// <summary>How each weight is kept, and the bytes that it takes.</summary>
    public IReadOnlyList<WeightReport> Weights() => [.. _weights.Report()];

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Sessions of a usual size; the last one may own caches that the first uses.</summary>
    internal IReadOnlyList<Session> NewPlanSessions() => PlanSessions();

    /// <summary>Sessions of a usual size, for the plan report.</summary>
    private protected abstract IReadOnlyList<Session> PlanSessions();

    /// <summary>Frees the weights.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weights.Dispose();
        }
    }

    private static Tokenizer LoadTokenizer(string folder)
    {
        using var part = StartTimes.Measure("tokenizer");
        return Tokenizer.Load(folder);
    }

    private protected Session NewSession(Program program, KeyValueStore? store = null) =>
        new(program, Device.Kernels, store, Device.Trace);
}
