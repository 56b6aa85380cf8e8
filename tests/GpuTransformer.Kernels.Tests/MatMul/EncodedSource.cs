using System.Buffers.Binary;

namespace GpuTransformer.Kernels.Tests;

/// <summary>A weight of random stored blocks. What they mean is computed one number at a time by the formulas of the gguf
/// package, each step rounded to float32.</summary>
internal sealed class EncodedSource : WeightRows
{
    private readonly byte[] _bytes;
    private readonly float[] _values;

    public EncodedSource(WeightEncoding encoding, int n, int k, int seed)
        : base($"{encoding} of {seed}", n, k)
    {
        StoredEncoding = encoding;
        var random = new Random(seed);
        var blockBytes = BytesOf(encoding);
        var block = ElementsOf(encoding);
        _bytes = new byte[(long)n * k / block * blockBytes];
        _values = new float[(long)n * k];
        random.NextBytes(_bytes);
        for (var i = 0; i < _values.Length / block; i++)
        {
            var bytes = _bytes.AsSpan(i * blockBytes, blockBytes);
            Tame(encoding, bytes, random);
            Widen(encoding, bytes, _values.AsSpan(i * block, block));
        }
    }

    public override WeightEncoding StoredEncoding { get; }

    /// <summary>Row and column of a block whose scale is stored as infinity; no row means none.</summary>
    public (int Row, int Column)? NotFinite
    {
        init
        {
            var block = (value!.Value.Row * K + value.Value.Column) / ElementsOf(StoredEncoding);
            var place = block * BytesOf(StoredEncoding) + (StoredEncoding == WeightEncoding.Q6_K ? 208 : 0);
            BinaryPrimitives.WriteHalfLittleEndian(_bytes.AsSpan(place), System.Half.NegativeInfinity);
        }
    }

    public ReadOnlySpan<float> Row(int n) => _values.AsSpan(n * K, K);

    public override void Read(int row, int column, Span<float> values) =>
        _values.AsSpan(row * K + column, values.Length).CopyTo(values);

    public override ReadOnlySpan<byte> StoredBytes(int row, int column, int count)
    {
        var block = ElementsOf(StoredEncoding);
        return _bytes.AsSpan((row * K + column) / block * BytesOf(StoredEncoding), count / block * BytesOf(StoredEncoding));
    }

    /// <summary>The same numbers as float32 alone.</summary>
    public WeightRows Widened() => Of(_values, N, K, name: Name);

    public static int ElementsOf(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.Q8_0 or WeightEncoding.Q4_0 or WeightEncoding.Q4_1 => 32,
        WeightEncoding.Q4_K or WeightEncoding.Q6_K => 256,
        _ => 1,
    };

    private static int BytesOf(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.Q8_0 => 34,
        WeightEncoding.Q4_0 => 18,
        WeightEncoding.Q4_1 => 20,
        WeightEncoding.Q4_K => 144,
        WeightEncoding.Q6_K => 210,
        _ => 2,
    };

    /// <summary>Random bits become finite scales of all sizes: subnormal, negative and zero ones among them.</summary>
    private static void Tame(WeightEncoding encoding, Span<byte> bytes, Random random)
    {
        int[] places = encoding switch
        {
            WeightEncoding.Q4_1 or WeightEncoding.Q4_K => [0, 2],
            WeightEncoding.Q6_K => [208],
            _ => [0],
        };
        foreach (var place in places)
        {
            var scale = random.Next(8) switch
            {
                0 => random.Next(2) == 0 ? 0f : -0f,
                1 => random.Next(1, 1024) / (float)(1 << 24),
                _ => (random.NextSingle() - 0.3f) / 16,
            };
            if (encoding == WeightEncoding.BF16)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)(BitConverter.SingleToUInt32Bits(scale) >> 16));
            }
            else
            {
                BinaryPrimitives.WriteHalfLittleEndian(bytes[place..], (Half)scale);
            }
        }
    }

    private static void Widen(WeightEncoding encoding, ReadOnlySpan<byte> b, Span<float> values)
    {
        for (var k = 0; k < values.Length; k++)
        {
            values[k] = encoding switch
            {
                WeightEncoding.F16 => Half(b, 0),
                WeightEncoding.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(b) << 16),
                WeightEncoding.Q8_0 => Half(b, 0) * (sbyte)b[2 + k],
                WeightEncoding.Q4_0 => Half(b, 0) * (Four(b[2 + k % 16], k / 16) - 8),
                WeightEncoding.Q4_1 => (float)(Half(b, 0) * Four(b[4 + k % 16], k / 16)) + Half(b, 2),
                WeightEncoding.Q4_K => Q4_K(b, k),
                _ => Q6_K(b, k),
            };
        }
    }

    private static float Q4_K(ReadOnlySpan<byte> b, int k)
    {
        var group = k / 32;
        var scale = group < 4 ? b[4 + group] & 63 : (b[8 + group] & 15) + (b[group] >> 6) * 16;
        var minimum = group < 4 ? b[8 + group] & 63 : (b[8 + group] >> 4) + (b[4 + group] >> 6) * 16;
        var product = Half(b, 0) * scale * Four(b[16 + group / 2 * 32 + k % 32], group % 2);
        return product - Half(b, 2) * minimum;
    }

    private static float Q6_K(ReadOnlySpan<byte> b, int k)
    {
        var (half, group, i) = (k / 128, k / 32 % 4, k % 32);
        var lower = Four(b[64 * half + group % 2 * 32 + i], group / 2);
        var upper = (b[128 + 32 * half + i] >> (2 * group)) & 3;
        return Half(b, 208) * (sbyte)b[192 + k / 16] * (lower + 16 * upper - 32);
    }

    private static int Four(byte value, int half) => half == 0 ? value & 15 : value >> 4;

    private static float Half(ReadOnlySpan<byte> b, int place) => (float)BinaryPrimitives.ReadHalfLittleEndian(b[place..]);
}
