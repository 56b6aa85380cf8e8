namespace GpuTransformer.Bench.Peers;

/// <summary>A model in ONNX Runtime, called through its C API with inputs and outputs that are made once: the strictest
/// way to time it.</summary>
internal sealed unsafe class OrtSession : ISide
{
    private readonly OrtApi _api;
    private readonly void* _environment;
    private readonly void* _options;
    private readonly void* _memory;
    private readonly void* _session;
    private readonly OrtTensors _inputs;
    private readonly OrtTensors _outputs;

    /// <param name="library">Path of the library.</param>
    /// <param name="model">What to run.</param>
    /// <param name="threads">Threads of an operator.</param>
    public OrtSession(string library, OnnxModel model, int threads)
    {
        _api = OrtApi.Load(library);
        _environment = _api.CreateEnvironment("peers");
        _options = _api.CreateOptions(threads);
        _memory = _api.CreateCpuMemory();
        _session = _api.CreateSession(_environment, model.ToArray(), _options);
        _inputs = new OrtTensors(_api, _memory, model.Inputs);
        _outputs = new OrtTensors(_api, _memory, model.Outputs);
    }

    public void Run() => _api.Run(
        _session, _inputs.Names, _inputs.Values, _inputs.Count, _outputs.Names, _outputs.Count, _outputs.Values);

    public void Dispose()
    {
        _inputs.Dispose();
        _outputs.Dispose();
        _api.ReleaseSession(_session);
        _api.ReleaseMemory(_memory);
        _api.ReleaseOptions(_options);
        _api.ReleaseEnvironment(_environment);
    }
}
