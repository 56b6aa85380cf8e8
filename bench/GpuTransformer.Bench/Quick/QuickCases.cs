using GpuTransformer.Diagnostics.Roofline;
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
    private readonly Lazy<DecoderWeights> _decoder;
    private readonly List<BenchCase> _made = [];

    public QuickCases(BenchDevice device, IReadOnlyList<string> words)
    {
        _device = device;
        _words = words;
        _layers = new RandomLayers(device);
        _encoder = new Lazy<EncoderLayerWeights>(() => _layers.EncoderLayer("encoder", EncoderSizes.Base));
        _vit = new Lazy<VitWeights>(() => new VitWeights(_layers));
        _decoder = new Lazy<DecoderWeights>(() => new DecoderWeights(_layers, DecoderSizes.SmolLm2));
    }

    /// <summary>Names that <c>--quick</c> takes words of.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table().Select(c => c.Name)];

    /// <summary>Whether a name contains all words.</summary>
    public static bool Matches(string name, IEnumerable<string> words) =>
        words.All(w => name.Contains(w, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a case shows what an input costs that is shorter than its session was made for.</summary>
    public static bool IsShortInput(BenchCase benchCase) => benchCase is EncoderLayerCase { Capacity: Capacity };

    /// <summary>All cases, bound for the number of threads that is set.</summary>
    public IReadOnlyList<BenchCase> Make()
    {
        var first = _made.Count;
        foreach (var (name, make) in Table())
        {
            if (Matches(name, _words) && make(this) is { } made)
            {
                _made.Add(made);
            }
        }

        return _made[first..];
    }

    public void Dispose()
    {
        _made.ForEach(c => c.Dispose());
        _layers.Dispose();
    }

    /// <summary>Name and maker of each case; null where the device has no such variant.</summary>
    private static IEnumerable<(string Name, Func<QuickCases, BenchCase?> Make)> Table()
    {
        foreach (var shape in MatMulShape.All)
        {
            yield return ($"matmul {shape}", c => new MatMulCase(c._device, shape));
        }

        yield return ($"matmul {MatMulShape.All[0]} AVX2", c => c._device.IsCpu && DeviceTraits.WidestSimd == 512
            ? new MatMulCase(c._device, MatMulShape.All[0], MatMulCpuKind.Avx2)
            : null);
        yield return ("softmax 1536x128", c => new SoftmaxCase(c._device, 1536, 128));
        yield return ("LayerNorm 128x768", c => new NormCase(c._device, false, 128, 768));
        yield return ("LayerNorm 512x768", c => new NormCase(c._device, false, 512, 768));
        foreach (var shape in SequenceShape.All)
        {
            yield return ($"attention {shape}", c => new AttentionCase(c._device, shape));
        }

        yield return ("encoder layer 128", c => new EncoderLayerCase(c._device, c._encoder.Value, 128, 128));
        yield return ("ViT-B/16", c => new VitCase(c._device, c._vit.Value));
        yield return ("decoder step 1", c => new DecoderCase(c._device, c._decoder.Value, 1, 128));
        yield return ("decoder step 8", c => new DecoderCase(c._device, c._decoder.Value, 8, 128));
        foreach (var tokens in s_lengths)
        {
            yield return ($"short input {tokens}", c => new EncoderLayerCase(c._device, c._encoder.Value, Capacity, tokens));
        }
    }
}
