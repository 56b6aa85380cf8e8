using System.Runtime.InteropServices;
using System.Text;
using GpuTransformer.Bench.Peers;
using Xunit;

namespace GpuTransformer.Bench.Tests.Peers;

/// <summary>Models of single operators, as bytes and read back.</summary>
public sealed class OnnxModelTests
{
    // y (1, 1) = MatMul(x (1, 2), weight (2, 1) = [1, 2]); ONNX Runtime 1.30 loads these bytes and gives x0 + 2 x1.
    private const string Recorded =
        "08083A700A200A01780A067765696768741201791A084D61744D756C2E3022064D61744D756C12086F70657261746F722A180802080110"
        + "0142067765696768744A080000803F000000405A130A0178120E0A0C080112080A0208010A02080262130A0179120E0A0C080112080A02"
        + "08010A02080142040A00101142110A0D636F6D2E6D6963726F736F66741001";

    [Theory]
    [InlineData(0, "0800")]
    [InlineData(127, "087F")]
    [InlineData(128, "088001")]
    [InlineData(300, "08AC02")]
    [InlineData(-1, "08FFFFFFFFFFFFFFFFFF01")]
    public void Whole_numbers_are_written_seven_bits_at_a_time(long value, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(new ProtobufWriter().Integer(1, value).ToArray()));

    [Fact]
    public void A_model_has_the_recorded_bytes()
    {
        var model = new OnnxModel();
        var x = model.Input("x", 1, 2);
        var weight = model.Constant<float>("weight", OnnxType.Float, [1f, 2f], 2, 1);
        model.Node("MatMul", "", [x, weight], model.Output("y", 1, 1));
        Assert.Equal(Recorded, Convert.ToHexString(model.ToArray()));
    }

    [Fact]
    public void Quantized_products_have_their_attributes_domain_and_sizes()
    {
        const int K = 64, N = 3, Weights = 2;
        var graph = Graph(OperatorModels.MatMulNBits(K, N, 4, Weights));
        var nodes = Messages(graph, 1);
        Assert.Equal(Weights, nodes.Count);
        foreach (var node in nodes)
        {
            Assert.Equal("MatMulNBits", Text(node, 4));
            Assert.Equal(OnnxModel.Microsoft, Text(node, 7));
            var attributes = Messages(node, 5).ToDictionary(a => Text(a, 1), a => (Value: Number(a, 3), Type: Number(a, 20)));
            Assert.Equal((K, 2), attributes["K"]);
            Assert.Equal((N, 2), attributes["N"]);
            Assert.Equal((4, 2), attributes["bits"]);
            Assert.Equal((32, 2), attributes["block_size"]);
            Assert.Equal((4, 2), attributes["accuracy_level"]);
        }

        var constants = Messages(graph, 5).ToDictionary(c => Text(c, 8));
        Assert.Equal([N, K / 32, 16], Numbers(constants["weight.1"], 1));
        Assert.Equal((int)OnnxType.UInt8, Number(constants["weight.1"], 2));
        Assert.Equal(N * K / 2, Bytes(constants["weight.1"], 9).Length);
        Assert.Equal([N * K / 32], Numbers(constants["scale.0"], 1));
    }

    [Fact]
    public void A_causal_mask_hides_what_comes_later()
    {
        const int Length = 3;
        var graph = Graph(OperatorModels.AttentionOfParts(2, 4, Length, isCausal: true));
        Assert.Equal(["Transpose", "MatMul", "Mul", "Add", "Softmax", "MatMul"], Messages(graph, 1).Select(n => Text(n, 4)));
        var mask = Messages(graph, 5).Single(c => Text(c, 8) == "mask");
        var values = MemoryMarshal.Cast<byte, float>(Bytes(mask, 9)).ToArray();
        const float Hidden = float.MinValue;
        Assert.Equal([0, Hidden, Hidden, 0, 0, Hidden, 0, 0, 0], values);
    }

    [Fact]
    public void An_attribute_of_another_type_is_refused() =>
        Assert.Throws<ArgumentException>(() => new OnnxModel().Node("Op", "", [], "y", ("axis", "text")));

    private static byte[] Graph(OnnxModel model) => Messages(model.ToArray(), 7).Single();

    private static List<byte[]> Messages(byte[] message, int field) =>
        [.. Fields(message).Where(f => f.Field == field).Select(f => f.Bytes)];

    private static byte[] Bytes(byte[] message, int field) => Messages(message, field).Single();

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Bytes(message, field));

    private static long[] Numbers(byte[] message, int field) =>
        [.. Fields(message).Where(f => f.Field == field).Select(f => f.Number)];

    private static long Number(byte[] message, int field) => Numbers(message, field).Single();

    private static IEnumerable<(int Field, long Number, byte[] Bytes)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var (number, bytes) = (0L, Array.Empty<byte>());
            switch (tag & 7)
            {
                case 0:
                    number = (long)Varint(message, ref at);
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    bytes = message[at..(at + length)];
                    at += length;
                    break;
                default:
                    Assert.Equal(5ul, tag & 7);
                    at += sizeof(float);
                    break;
            }

            yield return ((int)(tag >> 3), number, bytes);
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0ul;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
