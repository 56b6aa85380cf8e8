using GpuTransformer.Kernels;

namespace GpuTransformer.Bench;

/// <summary>The cases of a quick run on one device. Weights of whole models are made once for all numbers of threads.</summary>
internal sealed class QuickCases : IDisposable
{
    /// <summary>Tokens that the session of the short inputs is made for.</summary>
    public const int Capacity = 512;

    private static readonly int[] s_lengths = [16, 64, 128, 512];
    private readonly BenchDevice _device;
    private readonly IReadOnlyList<string> _words;
    private readonly RandomLayers _layers;
    private readonly Lazy<EncoderLayerWeights> _encoder;
    private readonly Lazy<VitWeights> _vit;
    private readonly List<BenchCase> _made = [];

    public QuickCases(BenchDevice device, IReadOnlyList<string> words)
    {
        _device = device;
        _words = words;
        _layers = new RandomLayers(device);
        _encoder = new Lazy<EncoderLayerWeights>(() => _layers.EncoderLayer("encoder", EncoderSizes.Base));
        _vit = new Lazy<VitWeights>(() => new VitWeights(_layers));
    }

    /// <summary>Whether a case shows what an input costs that is shorter than its session was made for.</summary>
    public static bool IsShortInput(BenchCase benchCase) => benchCase is EncoderLayerCase { Capacity: Capacity };

    /// <summary>All cases, bound for the number of threads that is set.</summary>
    public IReadOnlyList<BenchCase> Make()
    {
        var first = _made.Count;
        foreach (var shape in MatMulShape.All)
        {
            Add($"matmul {shape}", () => new MatMulCase(_device, shape));
        }

        if (_device.IsCpu && DeviceTraits.WidestSimd == 512)
        {
            Add($"matmul {MatMulShape.All[0]}", () => new MatMulCase(_device, MatMulShape.All[0], MatMulCpuKind.Avx2));
        }

        Add("softmax 1536x128", () => new SoftmaxCase(_device, 1536, 128));
        Add("LayerNorm 128x768", () => new LayerNormCase(_device, 128, 768));
        Add("LayerNorm 512x768", () => new LayerNormCase(_device, 512, 768));
        foreach (var shape in SequenceShape.All)
        {
            Add($"attention {shape}", () => new AttentionCase(_device, shape));
        }

        Add("encoder layer 128", () => new EncoderLayerCase(_device, _encoder.Value, 128, 128));
        Add("ViT-B/16", () => new VitCase(_device, _vit.Value));
        foreach (var tokens in s_lengths)
        {
            Add($"short input {tokens}", () => new EncoderLayerCase(_device, _encoder.Value, Capacity, tokens));
        }

        return _made[first..];
    }

    public void Dispose()
    {
        _made.ForEach(c => c.Dispose());
        _layers.Dispose();
    }

    private void Add(string name, Func<BenchCase> make)
    {
        if (_words.All(w => name.Contains(w, StringComparison.OrdinalIgnoreCase)))
        {
            _made.Add(make());
        }
    }
}
