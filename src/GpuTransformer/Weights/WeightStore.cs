using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>The weights of one model: model.safetensors, several files and an index, or a GGUF file. A model asks for each
/// tensor with the shape it needs; <see cref="Check"/> then reports everything missing, left over or of another shape
/// in one error. Dispose it once the weights are packed, and the mapped pages go.</summary>
public sealed class WeightStore : IDisposable
{
    /// <summary>In a shape: any size.</summary>
    public const long Any = -1;

    private const string SingleFile = "model.safetensors";
    private const int MostProblemsShown = 20;

    private readonly StoredTensors _tensors;
    private readonly bool[] _used;
    private readonly string[] _prefixes;
    private readonly List<string> _problems = [];

    internal WeightStore(string name, StoredTensors tensors, string[] prefixes)
    {
        Name = name;
        _tensors = tensors;
        _prefixes = prefixes.Length == 0 ? [""] : prefixes;
        _used = new bool[tensors.Count];
    }

    /// <summary>The folder or file, as errors begin.</summary>
    public string Name { get; }

    /// <summary>How many tensors there are.</summary>
    public int Count => _tensors.Count;

    /// <summary>Bytes of all tensors.</summary>
    public long ByteLength => Infos.Sum(info => info.ByteLength);

    /// <summary>Elements of all tensors.</summary>
    public long ElementCount => Infos.Sum(info => info.ElementCount);

    /// <summary>Tensors that nothing asked for, in the order of their names' bytes.</summary>
    public IEnumerable<string> UnusedNames
    {
        get
        {
            for (int i = 0; i < _used.Length; i++)
            {
                if (!_used[i])
                {
                    yield return _tensors.InfoAt(i).Name;
                }
            }
        }
    }

    private IEnumerable<TensorInfo> Infos => Enumerable.Range(0, Count).Select(_tensors.InfoAt);

    /// <summary>Opens the weights of a model folder.</summary>
    /// <param name="folder">Holds model.safetensors, or model.safetensors.index.json and the files it names.</param>
    /// <param name="prefixes">What may stand before each name, tried in this order: ["", "bert."] finds a bare encoder
    /// and one saved under a head. None: names stand as they are.</param>
    public static WeightStore Open(string folder, params string[] prefixes)
    {
        if (!Directory.Exists(folder))
        {
            throw new InputException($"{folder}: there is no such model folder");
        }
        string single = Path.Combine(folder, SingleFile);
        if (File.Exists(single))
        {
            return OpenFile(single, prefixes);
        }
        if (!File.Exists(Path.Combine(folder, ShardIndex.FileName)))
        {
            throw new InputException($"{folder}: expected {SingleFile} or {ShardIndex.FileName}, found neither");
        }
        return new WeightStore(folder, SafetensorsTensors.Over(folder, ShardIndex.Open(folder)), prefixes);
    }

    /// <summary>Opens the weights of one file.</summary>
    public static WeightStore OpenFile(string path, params string[] prefixes) =>
        new(path, SafetensorsTensors.Over(path, [SafetensorsFile.Open(path)]), prefixes);

    /// <summary>True when the tensor is there, under any prefix or old name.</summary>
    public bool Has(string name) => Find(name) >= 0;

    /// <summary>The tensor with this name and shape. What is wrong is kept for <see cref="Check"/>; a missing tensor's
    /// source throws when it is read.</summary>
    public WeightSource Require(string name, params ReadOnlySpan<long> shape)
    {
        if (Optional(name, shape) is { } source)
        {
            return source;
        }
        _problems.Add($"missing: {Quoted.Of(name)} {Quoted.Shape(shape)}");
        return new MissingSource(name, shape);
    }

    /// <summary>The tensor with this name and shape, or null when there is none.</summary>
    public WeightSource? Optional(string name, params ReadOnlySpan<long> shape)
    {
        int found = Find(name);
        if (found < 0)
        {
            return null;
        }
        _used[found] = true;
        TensorInfo info = _tensors.InfoAt(found);
        if (!Fits(info.Shape, shape))
        {
            _problems.Add($"{Quoted.Of(info.Name)}: expected shape {Quoted.Shape(shape)}, " +
                $"found {Quoted.Shape(info.Shape)}");
        }
        if (!info.Dtype.IsFloat())
        {
            _problems.Add($"{Quoted.Of(info.Name)}: expected F32, F16, BF16 or F64, found {info.Dtype.HeaderName()}");
        }
        return _tensors.SourceAt(found);
    }

    /// <summary>Throws one <see cref="InputException"/> that lists every problem so far: missing tensors, other shapes,
    /// and tensors that nothing asked for.</summary>
    /// <param name="mayStayUnused">Names that may be left over: exact, or with one * at either end
    /// ("cls.*", "*.position_ids").</param>
    public void Check(params string[] mayStayUnused)
    {
        var problems = new List<string>(_problems);
        foreach (string name in UnusedNames)
        {
            if (!mayStayUnused.Any(pattern => Matches(name, pattern)))
            {
                problems.Add($"unexpected: {Quoted.Of(name)}");
            }
        }
        if (problems.Count == 0)
        {
            return;
        }
        var message = new StringBuilder($"{Name}: the weights do not fit the model: ");
        message.AppendJoin("; ", problems.Take(MostProblemsShown));
        if (problems.Count > MostProblemsShown)
        {
            message.Append($"; and {problems.Count - MostProblemsShown} more");
        }
        throw new InputException(message.ToString());
    }

    /// <summary>Unmaps the files. No source from this store may be read after.</summary>
    public void Dispose() => _tensors.Dispose();

    private static bool Fits(ReadOnlySpan<long> found, ReadOnlySpan<long> expected)
    {
        bool fits = found.Length == expected.Length;
        for (int i = 0; fits && i < found.Length; i++)
        {
            fits = expected[i] == Any || expected[i] == found[i];
        }
        return fits;
    }

    private static bool Matches(string name, string pattern) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) :
        pattern.StartsWith('*') ? name.EndsWith(pattern[1..], StringComparison.Ordinal) :
        name == pattern;

    private int Find(string name)
    {
        foreach (string prefix in _prefixes)
        {
            int found = _tensors.Find(prefix + name);
            found = found < 0 && OldName(name) is { } old ? _tensors.Find(prefix + old) : found;
            if (found >= 0)
            {
                return found;
            }
        }
        return -1;
    }

    // Checkpoints converted from TensorFlow call a norm's weight and bias gamma and beta.
    private static string? OldName(string name) =>
        name.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? string.Concat(name.AsSpan(0, name.Length - 6), "gamma") :
        name.EndsWith("LayerNorm.bias", StringComparison.Ordinal) ? string.Concat(name.AsSpan(0, name.Length - 4), "beta") :
        null;
}
