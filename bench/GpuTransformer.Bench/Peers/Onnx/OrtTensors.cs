using System.Runtime.InteropServices;
using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench.Peers;

/// <summary>Named tensors of float32 that a session reads or writes again and again, filled with random numbers.</summary>
internal sealed unsafe class OrtTensors : IDisposable
{
    private readonly OrtApi _api;
    private readonly List<OrtApi.Utf8> _texts = [];
    private readonly List<nint> _data = [];

    /// <param name="api">The library.</param>
    /// <param name="memory">Its description of the memory.</param>
    /// <param name="tensors">Names and shapes.</param>
    public OrtTensors(OrtApi api, void* memory, IReadOnlyList<OnnxTensor> tensors)
    {
        _api = api;
        Count = tensors.Count;
        Names = (byte**)NativeMemory.Alloc((nuint)Count, (nuint)sizeof(byte*));
        Values = (void**)NativeMemory.Alloc((nuint)Count, (nuint)sizeof(void*));
        for (var i = 0; i < Count; i++)
        {
            var text = new OrtApi.Utf8(tensors[i].Name);
            _texts.Add(text);
            Names[i] = text;
            var data = (float*)NativeMemory.AlignedAlloc((nuint)tensors[i].Elements * sizeof(float), 64);
            _data.Add((nint)data);
            RandomValues.Fill(tensors[i].Name, 0, 1f, new Span<float>(data, tensors[i].Elements));
            Values[i] = api.CreateTensor(memory, data, [.. tensors[i].Shape.Select(size => (long)size)]);
        }
    }

    public int Count { get; }

    public byte** Names { get; }

    public void** Values { get; }

    public void Dispose()
    {
        for (var i = 0; i < Count; i++)
        {
            _api.ReleaseTensor(Values[i]);
        }

        NativeMemory.Free(Names);
        NativeMemory.Free(Values);
        _texts.ForEach(text => text.Dispose());
        _data.ForEach(data => NativeMemory.AlignedFree((void*)data));
    }
}
