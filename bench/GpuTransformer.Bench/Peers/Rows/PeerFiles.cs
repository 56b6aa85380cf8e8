using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <summary>Finds what the peers need, and says what is missing.</summary>
internal static class PeerFiles
{
    private const string Solution = "GpuTransformer.sln";
    private static readonly string[] s_scripts = ["ort.mjs", "llama.mjs", "graphs.json"];

    /// <summary>The shared folder beside the repository that this program was built in; null: there is none.</summary>
    public static string? SharedBesideRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                var shared = Path.Combine(folder.FullName, "..", "shared");
                return Directory.Exists(shared) ? Path.GetFullPath(shared) : null;
            }
        }

        return null;
    }

    /// <summary>Refuses a shared folder without the peers' scripts.</summary>
    /// <exception cref="InputException">Something is missing.</exception>
    public static void CheckShared(string shared)
    {
        foreach (var script in s_scripts)
        {
            if (!File.Exists(Path.Combine(shared, "peers", script)))
            {
                throw new InputException($"--shared {shared}: expected peers/{script}, found none.");
            }
        }
    }

    /// <summary>Refuses a folder without the packages that the rows need.</summary>
    /// <exception cref="InputException">One is missing.</exception>
    public static void CheckNode(string node, IEnumerable<PeerRow> rows)
    {
        foreach (var package in rows.Select(row => row.Peer is LlamaPeer ? "node-llama-cpp" : "onnxruntime-node").Distinct())
        {
            if (!Directory.Exists(Path.Combine(node, "node_modules", package)))
            {
                throw new InputException(
                    $"--node {node}: expected node_modules/{package}, found none (npm install --ignore-scripts {package}).");
            }
        }
    }

    /// <summary>ONNX Runtime's library in the JavaScript package.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static string OnnxRuntimeLibrary(string node)
    {
        var bin = Path.Combine(node, "node_modules", "onnxruntime-node", "bin");
        string[] names = OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
            : OperatingSystem.IsMacOS() ? ["libonnxruntime*.dylib"] : ["libonnxruntime.so*"];
        var architecture = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
            == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";
        return Directory.Exists(bin)
            && names.SelectMany(name => Directory.EnumerateFiles(bin, name, SearchOption.AllDirectories))
                .Where(path => Path.GetFileName(Path.GetDirectoryName(path)) == architecture)
                .Order(StringComparer.Ordinal).FirstOrDefault() is { } library
            ? library
            : throw new InputException($"{bin}: expected {names[0]} for {architecture}, found none.");
    }
}
