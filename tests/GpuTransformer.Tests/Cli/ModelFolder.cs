using System.Text.Json.Nodes;
using GpuTransformer.Weights;

namespace GpuTransformer.Tests.Cli;

/// <summary>A copy of a shipped model's config and weights that a test may spoil.</summary>
internal sealed class ModelFolder : IDisposable
{
    public ModelFolder(string shipped)
        : this(new DirectoryInfo(Fixtures.Model(shipped)))
    {
    }

    private ModelFolder(DirectoryInfo source)
    {
        Path = Directory.CreateTempSubdirectory("gputx-test-").FullName;
        foreach (var name in new[] { "config.json", "model.safetensors" })
        {
            // The source may be read-only; the copy is there to be changed.
            File.WriteAllBytes(At(name), File.ReadAllBytes(System.IO.Path.Combine(source.FullName, name)));
        }
    }

    private ModelFolder()
    {
        Path = Directory.CreateTempSubdirectory("gputx-test-").FullName;
    }

    public string Path { get; }

    /// <summary>A copy of a folder's files.</summary>
    public static ModelFolder Copy(string folder)
    {
        var copy = new ModelFolder();
        foreach (var file in Directory.GetFiles(folder))
        {
            // What is copied may be read-only; the copy is there to be spoiled.
            File.WriteAllBytes(copy.At(System.IO.Path.GetFileName(file)), File.ReadAllBytes(file));
        }

        return copy;
    }

    /// <summary>A copy of any model folder.</summary>
    public static ModelFolder Of(string folder) => new(new DirectoryInfo(folder));

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes tensors to a file of the folder and returns its path.</summary>
    public string Write(string name, Action<SafetensorsWriter> add)
    {
        var writer = new SafetensorsWriter();
        add(writer);
        writer.Save(At(name));
        return At(name);
    }

    /// <summary>Rewrites the weights, each tensor through <paramref name="change"/>; null leaves it out.</summary>
    public void ChangeWeights(Func<string, float[], long[], (string, float[], long[])?> change) => Rewrite(change, _ => { });

    private void Rewrite(Func<string, float[], long[], (string, float[], long[])?> change, Action<SafetensorsWriter> add)
    {
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(At("model.safetensors")))
        {
            foreach (var (name, info) in file.Tensors)
            {
                if (change(name, file.ReadFloat32(name), info.Shape) is var (newName, values, shape))
                {
                    writer.Add(newName, values, shape);
                }
            }
        }

        add(writer);
        writer.Save(At("model.safetensors"));
    }

    /// <summary>Adds tensors to the weights.</summary>
    public void AddWeights(Action<SafetensorsWriter> add) => Rewrite((name, values, shape) => (name, values, shape), add);

    /// <summary>Adds tensors to the weights.</summary>
    public void AddWeights(params (string Name, float[] Values, long[] Shape)[] added)
    {
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(At("model.safetensors")))
        {
            foreach (var (name, info) in file.Tensors)
            {
                writer.Add(name, file.ReadFloat32(name), info.Shape);
            }
        }

        foreach (var (name, values, shape) in added)
        {
            writer.Add(name, values, shape);
        }

        writer.Save(At("model.safetensors"));
    }

    public void ChangeConfig(Action<JsonNode> change)
    {
        var config = JsonNode.Parse(File.ReadAllText(At("config.json")))!;
        change(config);
        File.WriteAllText(At("config.json"), config.ToJsonString());
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
