using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>Word vectors as the table of an embedding layer.</summary>
public sealed class WordTableTests
{
    [Theory]
    [InlineData(VariantKind.Cpu)]
    [InlineData(VariantKind.Naive)]
    public void An_embedding_layer_takes_word_vectors(VariantKind variant)
    {
        var vectors = WordVectors.Load(Path.Combine(Fixtures.Model("word2vec-shakespeare"), "vectors.bin"));
        string[] words = ["king", "the", "sister"];
        using var device = ComputeDevice.Open("cpu", variant);
        using var table = new EmbeddingWeights("words", vectors.Words.Count, vectors.Width);
        var memory = new DeviceMemory<float>(device.Kernels, vectors.ToTensor("words").Floats.Length, "words");
        memory.Write(device.Accelerator.DefaultStream, 0, vectors.ToWeight("words").ReadFloat32());
        table.Fill(memory);
        var graph = new GraphBuilder("words");
        var rows = graph.Rows("words", words.Length);
        var ids = graph.Table("ids", words.Length);
        var output = graph.Embedding("embedding", rows, ids, table);
        graph.Output("vectors", output);
        using var session = new Session(graph.Build(), device.Kernels);
        session.SetRows(rows, words.Length);
        words.Select(vectors.IndexOf).ToArray().CopyTo(session.Table(ids));
        session.Run();
        var found = new float[words.Length * vectors.Width];
        session.Read(output, found);
        Assert.Equal(words.SelectMany(word => vectors[word].ToArray()), found);
    }
}
