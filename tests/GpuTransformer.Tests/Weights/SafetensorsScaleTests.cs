using System.Text;
using FsCheck;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Large and mutated headers: near-linear work, bounded memory, only our errors.</summary>
public sealed class SafetensorsScaleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AHundredThousandTensorsCostLessThanTwiceTheFile()
    {
        byte[] bytes = ManyTensors(100_000);
        string path = _folder.Write("many.safetensors", bytes);
        HostileRun.MustAccept(() => SafetensorsFile.Open(path).Dispose(), bytes.Length);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(100_000, file.Tensors.Count);
        Assert.Equal([7f], file.ReadFloat32("t99999"));
    }

    [Fact]
    public void ManyMetadataKeysCostLessThanTwiceTheFile()
    {
        byte[] bytes = TemporaryFolder.Safetensors(
            "{\"__metadata__\":{" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"{i}\":\"\"")) + "}}", []);
        string path = _folder.Write("metadata.safetensors", bytes);
        HostileRun.MustAccept(() => SafetensorsFile.Open(path).Dispose(), bytes.Length);
    }

    [Fact]
    public void TensorsCostNearLinearTimeAndMemory()
    {
        Scaling.OfAllocation(n => Opening(ManyTensors(n), n), 20_000);
        Scaling.OfTime(n => Opening(ManyTensors(n), n), 5_000);
    }

    [Fact]
    public void LongCommonPrefixesCostNearLinearTime() => Scaling.OfTime(
        n =>
        {
            string prefix = new('p', 900);
            IEnumerable<string> tensors = Enumerable.Range(0, n)
                .Select(i => $$$"""{{{'"'}}}{{{prefix}}}{{{i}}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""");
            return Opening(TemporaryFolder.Safetensors("{" + string.Join(',', tensors) + "}", []), n);
        },
        750);

    [Fact]
    public void EveryTruncationIsRefused()
    {
        byte[] whole = SmallFile();
        for (int length = 0; length < whole.Length; length++)
        {
            string path = _folder.Write("cut.safetensors", whole[..length]);
            InputException error = Assert.Throws<InputException>(() => SafetensorsFile.Open(path).Dispose());
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
        SafetensorsFile.Open(_folder.Write("whole.safetensors", whole)).Dispose();
    }

    [Fact]
    public void EveryFlippedBitIsReadOrRefused()
    {
        byte[] whole = SmallFile();
        int refused = 0;
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] mutated = [.. whole];
            mutated[bit / 8] ^= (byte)(1 << (bit % 8));
            refused += ReadAll(mutated) ? 0 : 1;
        }
        Assert.InRange(refused, 1, 8 * whole.Length - 1);
    }

    [Fact]
    public void MutatedFilesGiveOurErrorsOrNone()
    {
        byte[] whole = SmallFile();
        byte[][] scraps =
        [
            "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), "\""u8.ToArray(), ","u8.ToArray(),
            "-1"u8.ToArray(), "1e9"u8.ToArray(), "99999999999999999999"u8.ToArray(), "\\ud800"u8.ToArray(),
            "null"u8.ToArray(), "\"a\":"u8.ToArray(), [0xff], [0], [],
        ];
        FsCheck.Fluent.Prop.ForAll(
            FsCheck.Fluent.ArbMap.Default.ArbFor<(ushort At, byte Cut, byte Scrap)[]>(),
            changes =>
            {
                List<byte> mutated = [.. whole];
                foreach ((ushort at, byte cut, byte scrap) in changes)
                {
                    int place = at % (mutated.Count + 1);
                    mutated.RemoveRange(place, Math.Min(cut % 8, mutated.Count - place));
                    mutated.InsertRange(place, scraps[scrap % scraps.Length]);
                }
                ReadAll([.. mutated]);
            }).QuickCheckThrowOnFailure();
    }

    // True when the file was read, every tensor with it; false when it was refused; any other error leaves the test.
    private bool ReadAll(byte[] bytes)
    {
        string path = _folder.Write("mutated.safetensors", bytes);
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (string name in file.Tensors.Keys)
            {
                _ = file.Bytes(name).Length;
                _ = file.ReadFloat32(name);
            }
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static byte[] SmallFile()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a.weight", new float[] { 1, 2, 3, 4, 5, 6 }, 2, 3);
        writer.Add("b", new long[] { 1, -1 }, 2);
        writer.Add("c", new byte[] { 1, 2, 3 }, 3);
        writer.SetMetadata("format", "pt");
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static byte[] ManyTensors(int count)
    {
        var header = new StringBuilder("{");
        for (int i = 0; i < count; i++)
        {
            header.Append($$$"""{{{(i == 0 ? "" : ",")}}}"t{{{i}}}":{"dtype":"U8","shape":[1],"data_offsets":[{{{i}}},{{{i + 1}}}]}""");
        }
        return TemporaryFolder.Safetensors(header.Append('}').ToString(), [.. Enumerable.Repeat((byte)7, count)]);
    }

    private Action Opening(byte[] bytes, int n)
    {
        string path = _folder.Write($"{n}.safetensors", bytes);
        return () => SafetensorsFile.Open(path).Dispose();
    }
}
