using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Weights;

/// <summary>The tensors of one or several safetensors files, in the order of their names' bytes.</summary>
internal sealed class SafetensorsTensors : StoredTensors
{
    private readonly List<SafetensorsFile> _files;
    private readonly (int File, int Tensor)[] _byName;

    private SafetensorsTensors(string name, List<SafetensorsFile> files)
    {
        _files = files;
        _byName = new (int, int)[files.Sum(file => file.Count)];
        int next = 0;
        for (int file = 0; file < files.Count; file++)
        {
            for (int tensor = 0; tensor < files[file].Count; tensor++)
            {
                _byName[next++] = (file, tensor);
            }
        }
        if (files.Count > 1)
        {
            Array.Sort(_byName, (a, b) => JsonKeys.Compare(NameAt(a), NameAt(b)));
            RefuseNamesInTwoFiles(name);
        }
    }

    public override int Count => _byName.Length;

    /// <summary>Takes over files; <paramref name="name"/> is what errors begin with.</summary>
    public static SafetensorsTensors Over(string name, List<SafetensorsFile> files)
    {
        try
        {
            return new SafetensorsTensors(name, files);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    public override int Find(string name)
    {
        byte[] plain = Encoding.UTF8.GetBytes(name);
        int low = 0;
        int high = _byName.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = JsonKeys.CompareWith(NameAt(_byName[middle]), plain);
            if (order == 0)
            {
                return middle;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    public override TensorInfo InfoAt(int index) => _files[_byName[index].File].InfoAt(_byName[index].Tensor);

    public override WeightSource SourceAt(int index) =>
        new SafetensorsSource(_files[_byName[index].File], InfoAt(index));

    public override void Dispose() => _files.ForEach(file => file.Dispose());

    private ReadOnlySpan<byte> NameAt((int File, int Tensor) place) => _files[place.File].NameAt(place.Tensor);

    private void RefuseNamesInTwoFiles(string name)
    {
        for (int i = 1; i < _byName.Length; i++)
        {
            if (JsonKeys.Compare(NameAt(_byName[i - 1]), NameAt(_byName[i])) == 0)
            {
                throw new InputException($"{name}: the tensor {Quoted.Of(InfoAt(i).Name)} is in " +
                    $"{Path.GetFileName(_files[_byName[i - 1].File].Path)} and in {Path.GetFileName(_files[_byName[i].File].Path)}");
            }
        }
    }
}
