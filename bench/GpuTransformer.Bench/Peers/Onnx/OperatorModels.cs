using GpuTransformer.Diagnostics.Roofline;

namespace GpuTransformer.Bench.Peers;

/// <summary>Single operators as models of ONNX Runtime.</summary>
internal static class OperatorModels
{
    private const int QuantizedBlock = 32;

    // Products in int8: what the library's own documentation calls accuracy level 4.
    private const long Int8Products = 4;
    private const float Epsilon = 1e-5f;

    /// <summary>x (m, k) by constants (k, n), all of them in one run.</summary>
    public static OnnxModel MatMul(int m, int k, int n, int weights = 1)
    {
        var model = new OnnxModel();
        var x = model.Input("x", m, k);
        var values = Weight(k, n);
        for (var i = 0; i < weights; i++)
        {
            // No two are alike, so that none stands for another.
            values[0] = i;
            var weight = model.Constant<float>($"weight.{i}", OnnxType.Float, values, k, n);
            model.Node("MatMul", "", [x, weight], model.Output($"y.{i}", m, n));
        }

        return model;
    }

    /// <summary>One row by weights in blocks of 32 of 8 or 4 bits (MatMulNBits), products in int8.</summary>
    public static OnnxModel MatMulNBits(int k, int n, int bits, int weights)
    {
        var model = new OnnxModel();
        var x = model.Input("x", 1, k);
        var blocks = k / QuantizedBlock;
        var bytes = Bytes((long)n * k * bits / 8);
        var scales = Scales(n * blocks);
        for (var i = 0; i < weights; i++)
        {
            Distinguish(bytes, scales, i);
            var weight = model.Constant<byte>($"weight.{i}", OnnxType.UInt8, bytes, n, blocks, QuantizedBlock * bits / 8);
            var scale = model.Constant<float>($"scale.{i}", OnnxType.Float, scales, n * blocks);
            model.Node(
                "MatMulNBits", OnnxModel.Microsoft, [x, weight, scale], model.Output($"y.{i}", 1, n),
                ("K", (long)k), ("N", (long)n), ("bits", (long)bits), ("block_size", (long)QuantizedBlock), ("accuracy_level", Int8Products));
        }

        return model;
    }

    /// <summary>One row, quantized on the way, by int8 weights with a scale a column.</summary>
    public static OnnxModel DynamicQuantizeMatMul(int k, int n, int weights)
    {
        var model = new OnnxModel();
        var x = model.Input("x", 1, k);
        var bytes = Bytes((long)n * k);
        var scales = Scales(n);
        for (var i = 0; i < weights; i++)
        {
            Distinguish(bytes, scales, i);
            var weight = model.Constant<byte>($"weight.{i}", OnnxType.Int8, bytes, k, n);
            var scale = model.Constant<float>($"scale.{i}", OnnxType.Float, scales, n);
            model.Node("DynamicQuantizeMatMul", OnnxModel.Microsoft, [x, weight, scale], model.Output($"y.{i}", 1, n));
        }

        return model;
    }

    /// <summary>Attention as ONNX's own operators write it, over [1, heads, length, headDim].</summary>
    public static OnnxModel AttentionOfParts(int heads, int headDim, int length, bool isCausal)
    {
        var model = new OnnxModel();
        var query = model.Input("query", 1, heads, length, headDim);
        var key = model.Input("key", 1, heads, length, headDim);
        var value = model.Input("value", 1, heads, length, headDim);
        var transposed = model.Node("Transpose", "", [key], "transposed", ("perm", new long[] { 0, 1, 3, 2 }));
        var products = model.Node("MatMul", "", [query, transposed], "products");
        var factor = model.Constant<float>("factor", OnnxType.Float, [1f / MathF.Sqrt(headDim)], 1);
        var scores = model.Node("Mul", "", [products, factor], "scores");
        if (isCausal)
        {
            scores = model.Node("Add", "", [scores, Mask(model, length)], "masked");
        }

        var weights = model.Node("Softmax", "", [scores], "weights", ("axis", -1L));
        model.Node("MatMul", "", [weights, value], model.Output("y", 1, heads, length, headDim));
        return model;
    }

    /// <summary>MultiHeadAttention over [1, length, heads · headDim].</summary>
    public static OnnxModel MultiHeadAttention(int heads, int headDim, int length, bool isCausal)
    {
        var model = new OnnxModel();
        var width = heads * headDim;
        string[] inputs = [model.Input("query", 1, length, width), model.Input("key", 1, length, width), model.Input("value", 1, length, width)];
        model.Node(
            "MultiHeadAttention", OnnxModel.Microsoft, inputs, model.Output("y", 1, length, width),
            ("num_heads", (long)heads), ("unidirectional", isCausal ? 1L : 0L));
        return model;
    }

    /// <summary>LayerNormalization of rows.</summary>
    public static OnnxModel LayerNorm(int rows, int width)
    {
        var model = new OnnxModel();
        var x = model.Input("x", rows, width);
        model.Node(
            "LayerNormalization", "", [x, .. NormWeights(model, width)], model.Output("y", rows, width), ("axis", -1L), ("epsilon", Epsilon));
        return model;
    }

    /// <summary>LayerNorm of a sum.</summary>
    public static OnnxModel SkipLayerNorm(int rows, int width)
    {
        var model = new OnnxModel();
        var x = model.Input("x", 1, rows, width);
        var skip = model.Input("skip", 1, rows, width);
        model.Node(
            "SkipLayerNormalization", OnnxModel.Microsoft, [x, skip, .. NormWeights(model, width)], model.Output("y", 1, rows, width),
            ("epsilon", Epsilon));
        return model;
    }

    /// <summary>An operator of one input and no attributes: Gelu, FastGelu.</summary>
    public static OnnxModel Elementwise(string op, int rows, int width)
    {
        var model = new OnnxModel();
        model.Node(op, OnnxModel.Microsoft, [model.Input("x", rows, width)], model.Output("y", rows, width));
        return model;
    }

    /// <summary>Softmax of rows.</summary>
    public static OnnxModel Softmax(int rows, int width)
    {
        var model = new OnnxModel();
        model.Node("Softmax", "", [model.Input("x", rows, width)], model.Output("y", rows, width), ("axis", -1L));
        return model;
    }

    private static string Mask(OnnxModel model, int length)
    {
        var mask = new float[length * length];
        for (var row = 0; row < length; row++)
        {
            mask.AsSpan(row * length + row + 1, length - row - 1).Fill(float.MinValue);
        }

        return model.Constant<float>("mask", OnnxType.Float, mask, 1, 1, length, length);
    }

    private static string[] NormWeights(OnnxModel model, int width)
    {
        var ones = new float[width];
        Array.Fill(ones, 1f);
        return [model.Constant<float>("weight", OnnxType.Float, ones, width), model.Constant<float>("bias", OnnxType.Float, new float[width], width)];
    }

    private static float[] Weight(int k, int n)
    {
        var values = new float[k * n];
        RandomValues.Fill("weight", 0, MathF.Sqrt(3f / k), values);
        return values;
    }

    /// <summary>Makes a matrix unlike all others, so that none stands for another.</summary>
    private static void Distinguish(byte[] bytes, float[] scales, int number)
    {
        BitConverter.TryWriteBytes(bytes, number);
        scales[0] = 1e-3f + number * 1e-6f;
    }

    private static byte[] Bytes(long count)
    {
        var bytes = new byte[count];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private static float[] Scales(int count)
    {
        var scales = new float[count];
        RandomValues.Fill("scales", 0, 1e-3f, scales);
        return [.. scales.Select(scale => 1e-3f + MathF.Abs(scale))];
    }
}
