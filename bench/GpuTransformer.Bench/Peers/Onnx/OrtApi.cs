using System.Runtime.InteropServices;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>The functions of ONNX Runtime's C API that are needed to time a session, by their place in its table
/// (onnxruntime_c_api.h, struct OrtApi, which only ever grows at its end).</summary>
internal sealed unsafe class OrtApi
{
    private const uint Version = 14;
    private readonly void** _table;

    private OrtApi(void** table, string version)
    {
        _table = table;
        LibraryVersion = version;
    }

    /// <summary>What the library says of itself.</summary>
    public string LibraryVersion { get; }

    /// <summary>Loads the library.</summary>
    /// <exception cref="DeviceException">It is no such library, or older than the table that is read.</exception>
    public static OrtApi Load(string path)
    {
        if (!NativeLibrary.TryLoad(path, out var library)
            || !NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var export))
        {
            throw new DeviceException($"{path}: expected ONNX Runtime's library, found something that cannot be loaded as one.");
        }

        var parts = ((delegate* unmanaged<void**>)export)();
        var version = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)parts[1])()) ?? "unknown";
        var table = (void**)((delegate* unmanaged<uint, void*>)parts[0])(Version);
        return table == null
            ? throw new DeviceException($"{path}: expected an ONNX Runtime with API {Version}, found {version}.")
            : new OrtApi(table, version);
    }

    public void* CreateEnvironment(string name)
    {
        void* environment;
        using var text = new Utf8(name);
        const int Warnings = 2;
        Check(((delegate* unmanaged<int, byte*, void**, void*>)_table[3])(Warnings, text, &environment));
        return environment;
    }

    /// <summary>Sequential execution, every optimization, denormals as zero.</summary>
    public void* CreateOptions(int threads)
    {
        void* options;
        Check(((delegate* unmanaged<void**, void*>)_table[10])(&options));
        const int Sequential = 0, AllOptimizations = 99;
        Check(((delegate* unmanaged<void*, int, void*>)_table[13])(options, Sequential));
        Check(((delegate* unmanaged<void*, int, void*>)_table[23])(options, AllOptimizations));
        Check(((delegate* unmanaged<void*, int, void*>)_table[24])(options, threads));
        Check(((delegate* unmanaged<void*, int, void*>)_table[25])(options, 1));
        using var key = new Utf8("session.set_denormal_as_zero");
        using var value = new Utf8("1");
        Check(((delegate* unmanaged<void*, byte*, byte*, void*>)_table[130])(options, key, value));
        return options;
    }

    public void* CreateSession(void* environment, ReadOnlySpan<byte> model, void* options)
    {
        void* session;
        fixed (byte* bytes = model)
        {
            Check(((delegate* unmanaged<void*, void*, nuint, void*, void**, void*>)_table[8])(
                environment, bytes, (nuint)model.Length, options, &session));
        }

        return session;
    }

    public void* CreateCpuMemory()
    {
        void* memory;
        const int ArenaAllocator = 1, DefaultMemory = 0;
        Check(((delegate* unmanaged<int, int, void**, void*>)_table[69])(ArenaAllocator, DefaultMemory, &memory));
        return memory;
    }

    /// <summary>A tensor of float32 over memory that the caller keeps.</summary>
    public void* CreateTensor(void* memory, float* data, ReadOnlySpan<long> shape)
    {
        void* value;
        var bytes = (nuint)sizeof(float);
        foreach (var size in shape)
        {
            bytes *= (nuint)size;
        }

        fixed (long* sizes = shape)
        {
            Check(((delegate* unmanaged<void*, void*, nuint, long*, nuint, int, void**, void*>)_table[49])(
                memory, data, bytes, sizes, (nuint)shape.Length, (int)OnnxType.Float, &value));
        }

        return value;
    }

    /// <summary>One run into outputs that are there.</summary>
    public void Run(void* session, byte** inputNames, void** inputs, int inputCount, byte** outputNames, int outputCount, void** outputs) =>
        Check(((delegate* unmanaged<void*, void*, byte**, void**, nuint, byte**, nuint, void**, void*>)_table[9])(
            session, null, inputNames, inputs, (nuint)inputCount, outputNames, (nuint)outputCount, outputs));

    public void ReleaseEnvironment(void* environment) => Release(92, environment);

    public void ReleaseMemory(void* memory) => Release(94, memory);

    public void ReleaseSession(void* session) => Release(95, session);

    public void ReleaseTensor(void* value) => Release(96, value);

    public void ReleaseOptions(void* options) => Release(100, options);

    private void Release(int place, void* what) => ((delegate* unmanaged<void*, void>)_table[place])(what);

    private void Check(void* status)
    {
        if (status != null)
        {
            var message = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<void*, byte*>)_table[2])(status));
            Release(93, status);
            throw new DeviceException($"ONNX Runtime: {message}");
        }
    }

    /// <summary>A text for the library while a call lasts, or as long as it is kept.</summary>
    internal sealed class Utf8(string text) : IDisposable
    {
        private nint _bytes = Marshal.StringToCoTaskMemUTF8(text);

        public static implicit operator byte*(Utf8 text) => (byte*)text._bytes;

        public void Dispose()
        {
            Marshal.FreeCoTaskMem(_bytes);
            _bytes = 0;
        }
    }
}
