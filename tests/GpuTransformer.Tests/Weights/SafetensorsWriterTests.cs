using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RefusesNamesAndShapesThatNoFileCanHold()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new float[] { 1 }, 1);
        Assert.Contains("\"a\"", Assert.Throws<InputException>(() => writer.Add("a", new float[] { 1 }, 1)).Message);
        Assert.Throws<InputException>(() => writer.Add("__metadata__", new float[] { 1 }, 1));
        Assert.Throws<InputException>(() => writer.Add(new string('n', 1025), new float[] { 1 }, 1));
        Assert.Contains("[2]", Assert.Throws<ShapeException>(() => writer.Add("b", new float[] { 1 }, 2)).Message);
        Assert.Throws<ShapeException>(() => writer.Add("b", new float[] { 1 }, -1, -1));
        Assert.Throws<ShapeException>(() => writer.Add("b", Array.Empty<float>(), long.MaxValue, 2, 0));
    }

    [Fact]
    public void APathThatCannotBeWrittenIsNamedAndNothingIsLeft()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new float[] { 1 }, 1);
        string noFolder = _folder.File(Path.Combine("absent", "a.safetensors"));
        Assert.Contains(noFolder, Assert.Throws<InputException>(() => writer.Save(noFolder)).Message);
        string aFolder = Directory.CreateDirectory(_folder.File("folder")).FullName;
        Assert.Contains(aFolder, Assert.Throws<InputException>(() => writer.Save(aFolder)).Message);
        Assert.Throws<InputException>(() => writer.Save(_folder.File("nul\0.safetensors")));
        Assert.Equal([aFolder], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void AFailureWhileWritingLeavesTheOldFile()
    {
        string path = _folder.Write("a.safetensors", "old");
        var writer = new SafetensorsWriter();
        writer.Add("a", new FailingMemory().Memory, 4);
        Assert.Throws<InputException>(() => writer.Save(path));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void SavingReplacesAFile()
    {
        string path = _folder.Write("a.safetensors", "old");
        var writer = new SafetensorsWriter();
        writer.Add("a", new byte[] { 5 }, 1);
        writer.Save(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([5L], file.ReadInt64("a"));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    // Memory whose bytes cannot be had any more by the time that the file is written.
    private sealed class FailingMemory : System.Buffers.MemoryManager<float>
    {
        public override Span<float> GetSpan() => throw new IOException("gone");

        public override Memory<float> Memory => CreateMemory(4);

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new IOException("gone");

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
