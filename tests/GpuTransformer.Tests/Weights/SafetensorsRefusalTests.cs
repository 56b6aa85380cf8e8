using System.Text;
using GpuTransformer.Weights;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Every rule of the safetensors format, broken once: one error that names the field, and nothing allocated
/// by a number from the file.</summary>
public sealed class SafetensorsRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int, string> BrokenHeaders => new()
    {
        // Form of the header.
        { """["a"]""", 0, "'{'" },
        { """ {}""", 0, "'{'" },
        { """{}x""", 0, "spaces" },
        { "{}\n", 0, "spaces" },
        { """{}{}""", 0, "spaces" },
        { """{"a":""", 0, "header" },
        { """{'a':1}""", 0, "header" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}""", 1, "header" },
        { """{/*c*/}""", 0, "header" },
        // Duplicate keys, plain and written with an escape.
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "\"a\" stands twice" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "stands twice" },
        { """{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "\"dtype\" stands twice" },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, "stands twice" },
        { """{"__metadata__":{"k":"1","k":"2"}}""", 0, "\"k\" stands twice" },
        // Metadata.
        { """{"__metadata__":[]}""", 0, "__metadata__" },
        { """{"__metadata__":{"k":1}}""", 0, "\"k\": expected a string" },
        { """{"__metadata__":{"k":{"l":"m"}}}""", 0, "__metadata__" },
        // Fields of a tensor.
        { """{"a":1}""", 0, "\"a\"" },
        { """{"a":{"shape":[1],"data_offsets":[0,1]}}""", 1, "dtype" },
        { """{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "shape" },
        { """{"a":{"dtype":"U8","shape":[1]}}""", 1, "data_offsets" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":0}}""", 1, "\"more\"" },
        { """{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1, "F8_E4M3" },
        { """{"a":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[0,1]}}""", 1, "F8_E5M2" },
        { """{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}""", 1, "\"F4\"" },
        { """{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}""", 8, "C64" },
        { """{"a":{"dtype":7,"shape":[1],"data_offsets":[0,1]}}""", 1, "dtype" },
        { """{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", 1, "shape" },
        { """{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}""", 1, "shape" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "data_offsets" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1, "data_offsets" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "[1, 0]" },
        // Numbers that are not unsigned integers.
        { """{"a":{"dtype":"U8","shape":[1e3],"data_offsets":[0,1000]}}""", 1000, "1e3" },
        { """{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", 1, "1.0" },
        { """{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}""", 0, "-0" },
        { """{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "-1" },
        { """{"a":{"dtype":"U8","shape":["12"],"data_offsets":[0,12]}}""", 12, "\"12\"" },
        { """{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}""", 1, "9223372036854775808" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551617]}}""", 1, "18446744073709551617" },
        { """{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}""", 1, "header" },
        { """{"a":{"dtype":"U8","shape":[null],"data_offsets":[0,1]}}""", 1, "shape" },
        // Shape against bytes; products that wrap to 0, to the right answer, or in bytes only.
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "need 8 bytes" },
        { """{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}""", 4, "need 0 bytes" },
        { """{"a":{"dtype":"F32","shape":[],"data_offsets":[0,0]}}""", 0, "need 4 bytes" },
        { """{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "over 2^63-1" },
        { """{"a":{"dtype":"U8","shape":[9223372036854775807,2],"data_offsets":[0,0]}}""", 0, "over 2^63-1" },
        { """{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0, "over 2^63-1" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""", 4, "over 2^63-1" },
        // Layout.
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "overlaps" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2, "overlaps" },
        { """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}""", 4, "overlaps" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3, "gap" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "gap" },
        { """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, "holds 2 bytes" },
        { """{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}""", 2, "end at byte 9" },
        { """{}""", 1, "holds 1 bytes" },
        { """{"a":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}}""", 0, "1099511627776" },
    };

    [Theory]
    [MemberData(nameof(BrokenHeaders))]
    public void RefusesABrokenHeader(string header, int dataBytes, string mention) =>
        MustRefuse(TemporaryFolder.Safetensors(header, new byte[dataBytes]), mention);

    [Theory]
    [InlineData(0UL, "header length")]
    [InlineData(1UL, "header length")]
    [InlineData(3UL, "3 bytes are needed, 2 are left")]
    [InlineData(100_000_000UL, "100000000 bytes are needed")]
    [InlineData(100_000_001UL, "header length")]
    [InlineData(1UL << 62, "header length")]
    [InlineData(1UL << 63, "header length")]
    [InlineData(ulong.MaxValue, "header length")]
    public void RefusesAHeaderLengthThatLies(ulong length, string mention) =>
        MustRefuse(TemporaryFolder.Safetensors("{}"u8.ToArray(), [], length), mention);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void RefusesAFileTooShortForAHeader(int length) => MustRefuse(new byte[length], $"{length} bytes");

    [Fact]
    public void RefusesBytesThatAreNotUtf8()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"a?":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""");
        header[3] = 0xff;
        MustRefuse(TemporaryFolder.Safetensors(header, new byte[1]), "UTF-8");
    }

    [Theory]
    [InlineData(65)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public void RefusesDeepNesting(int depth)
    {
        string header = "{\"a\":" + new string('[', depth) + new string(']', depth) + "}";
        MustRefuse(TemporaryFolder.Safetensors(header, []), "64 deep");
        string objects = string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        MustRefuse(TemporaryFolder.Safetensors(objects, []), "64 deep");
    }

    [Theory]
    [InlineData(1025)]
    [InlineData(10_000_000)]
    public void RefusesALongName(int length)
    {
        string header = $$$"""{"{{{new string('n', length)}}}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""";
        MustRefuse(TemporaryFolder.Safetensors(header, new byte[1]), "name has over 1024 bytes");
    }

    [Fact]
    public void RefusesMoreThanAMillionTensors()
    {
        var header = new StringBuilder("{");
        for (int i = 0; i < 1_000_002; i++)
        {
            header.Append($$"""{{(i == 0 ? "" : ",")}}"{{i}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""");
        }
        MustRefuse(TemporaryFolder.Safetensors(header.Append('}').ToString(), []), "1000002 keys, the limit is 1000001");
    }

    [Fact]
    public void RefusesManyDimensions()
    {
        string shape = string.Join(',', Enumerable.Repeat("1", 65));
        string header = $$$"""{"a":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,1]}}""";
        MustRefuse(TemporaryFolder.Safetensors(header, new byte[1]), "64 dimensions");
    }

    [Fact]
    public void RefusesHalfASurrogatePairInAName()
    {
        string header = """{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}}""";
        MustRefuse(TemporaryFolder.Safetensors(header, new byte[2]), "surrogate");
    }

    [Fact]
    public void ErrorsDoNotRepeatControlCharactersOfAName()
    {
        string header = """{"\u001b[2J\u202e":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}}""";
        MustRefuse(TemporaryFolder.Safetensors(header, new byte[2]), "\\u001b[2J\\u202e");
    }

    [Fact]
    public void NamesAMissingFileAndAFolder()
    {
        HostileRun.MustRefuse(() => SafetensorsFile.Open(_folder.File("no.safetensors")).Dispose(), 0, "no.safetensors");
        HostileRun.MustRefuse(() => SafetensorsFile.Open(_folder.Path).Dispose(), 0, "expected a file, found a folder");
    }

    private void MustRefuse(byte[] bytes, string mention)
    {
        string path = _folder.Write("a.safetensors", bytes);
        HostileRun.MustRefuse(() => SafetensorsFile.Open(path).Dispose(), bytes.Length, path, mention);
    }
}
