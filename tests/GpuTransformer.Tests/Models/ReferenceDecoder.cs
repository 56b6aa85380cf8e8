using System.Text.Json.Nodes;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Weights;

namespace GpuTransformer.Tests.Models;

/// <summary>Llama and its relatives in float64, written from the formulas and not from the library: random weights, a
/// folder that holds them, and the logits of a text.</summary>
internal sealed class ReferenceDecoder(JsonObject config, int seed)
{
    private readonly Dictionary<string, (float[] Values, long[] Shape)> _weights = [];
    private readonly Random _random = new(seed);
    private readonly string _family = config["model_type"]!.GetValue<string>();
    private readonly int _hidden = Whole(config, "hidden_size");
    private readonly int _inner = Whole(config, "intermediate_size");
    private readonly int _layers = Whole(config, "num_hidden_layers");
    private readonly int _heads = Whole(config, "num_attention_heads");
    private readonly int _keyHeads = Whole(config, "num_key_value_heads");
    private readonly int _headDim = Whole(config, "head_dim");
    private readonly int _vocab = Whole(config, "vocab_size");

    /// <summary>Keys that each layer sees, its own included.</summary>
    public required int[] Windows { get; init; }

    public required Func<double, double> Activation { get; init; }

    private bool IsGemma => _family == "gemma2";

    /// <summary>Logits of a text, one row a token.</summary>
    public double[][] Logits(int[] ids)
    {
        var table = Matrix("model.embed_tokens.weight", _vocab, _hidden, 0.5);
        var x = ids.Select(id => Row(table, id, _hidden).Select(v => IsGemma ? v * Math.Sqrt(_hidden) : v).ToArray()).ToArray();
        for (var layer = 0; layer < _layers; layer++)
        {
            x = Layer(x, $"model.layers.{layer}", Windows[layer]);
        }

        var head = Flag("tie_word_embeddings") ? table : Matrix("lm_head.weight", _vocab, _hidden, 0.3);
        var cap = config["final_logit_softcapping"]?.GetValue<double>();
        return [.. x.Select(h => Multiply(Norm(h, "model.norm"), head, _vocab).Select(v => Capped(v, cap)).ToArray())];
    }

    /// <summary>Writes config and weights, after <see cref="Logits"/> has made them.</summary>
    public void Save(TemporaryFolder folder)
    {
        folder.Write("config.json", config.ToJsonString());
        var writer = new SafetensorsWriter();
        foreach (var (name, (values, shape)) in _weights)
        {
            writer.Add(name, values, shape);
        }

        writer.Save(folder.File("model.safetensors"));
    }

    private double[][] Layer(double[][] x, string name, int window)
    {
        var attended = Attention([.. x.Select(h => Norm(h, $"{name}.input_layernorm"))], $"{name}.self_attn", window);
        attended = IsGemma ? [.. attended.Select(h => Norm(h, $"{name}.post_attention_layernorm"))] : attended;
        x = Sum(x, attended);
        var before = IsGemma ? $"{name}.pre_feedforward_layernorm" : $"{name}.post_attention_layernorm";
        var bias = Flag("mlp_bias");
        var fed = x.Select(h => Norm(h, before)).Select(h =>
        {
            var gate = Linear(h, $"{name}.mlp.gate_proj", _inner, bias);
            var up = Linear(h, $"{name}.mlp.up_proj", _inner, bias);
            return Linear([.. gate.Zip(up, (g, u) => Activation(g) * u)], $"{name}.mlp.down_proj", _hidden, bias);
        });
        return Sum(x, [.. IsGemma ? fed.Select(h => Norm(h, $"{name}.post_feedforward_layernorm")) : fed]);
    }

    private double[][] Attention(double[][] x, string name, int window)
    {
        var bias = Flag("attention_bias");
        var scale = 1 / Math.Sqrt(config["query_pre_attn_scalar"]?.GetValue<double>() ?? _headDim);
        var cap = config["attn_logit_softcapping"]?.GetValue<double>();
        var q = x.Select((h, p) => Heads(h, $"{name}.q", _heads, bias || _family == "qwen2", p)).ToArray();
        var k = x.Select((h, p) => Heads(h, $"{name}.k", _keyHeads, bias || _family == "qwen2", p)).ToArray();
        var v = x.Select(h => Linear(h, $"{name}.v_proj", _keyHeads * _headDim, bias || _family == "qwen2")).ToArray();
        return [.. x.Select((_, p) =>
        {
            var output = new double[_heads * _headDim];
            for (var head = 0; head < _heads; head++)
            {
                var (at, keyAt) = (head * _headDim, head / (_heads / _keyHeads) * _headDim);
                var keys = Enumerable.Range(0, p + 1).Where(j => j > p - window).ToArray();
                var scores = keys.Select(j => Capped(scale * Enumerable.Range(0, _headDim).Sum(d => q[p][at + d] * k[j][keyAt + d]), cap)).ToArray();
                var weights = scores.Select(s => Math.Exp(s - scores.Max())).ToArray();
                for (var d = 0; d < _headDim; d++)
                {
                    output[at + d] = keys.Select((j, i) => weights[i] * v[j][keyAt + d]).Sum() / weights.Sum();
                }
            }

            return Linear(output, $"{name}.o_proj", _hidden, bias);
        })];
    }

    /// <summary>Projection, norm of each head where the family has one, and turn by the position.</summary>
    private double[] Heads(double[] x, string name, int heads, bool bias, int position)
    {
        var y = Linear(x, $"{name}_proj", heads * _headDim, bias);
        var half = _headDim / 2;
        for (var at = 0; at < y.Length; at += _headDim)
        {
            var head = y[at..(at + _headDim)];
            head = _family == "qwen3" ? Norm(head, $"{name}_norm") : head;
            for (var d = 0; d < half; d++)
            {
                var angle = position * Math.Pow(config["rope_theta"]!.GetValue<double>(), -2.0 * d / _headDim);
                y[at + d] = head[d] * Math.Cos(angle) - head[d + half] * Math.Sin(angle);
                y[at + half + d] = head[d + half] * Math.Cos(angle) + head[d] * Math.Sin(angle);
            }
        }

        return y;
    }

    private double[] Norm(double[] x, string name)
    {
        var weight = Weight($"{name}.weight", 0.2, IsGemma ? 0 : 1, x.Length);
        var root = Math.Sqrt(x.Average(v => v * v) + 1e-6);
        return [.. x.Select((v, i) => v / root * (weight[i] + (IsGemma ? 1 : 0)))];
    }

    private double[] Linear(double[] x, string name, int outputs, bool bias)
    {
        var y = Multiply(x, Matrix($"{name}.weight", outputs, x.Length, 0.3), outputs);
        return bias ? [.. y.Zip(Weight($"{name}.bias", 0.3, 0, outputs), (a, b) => a + b)] : y;
    }

    private static double[] Multiply(double[] x, float[] weight, int outputs) =>
        [.. Enumerable.Range(0, outputs).Select(o => x.Select((v, i) => v * weight[o * x.Length + i]).Sum())];

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, (p, q) => p.Zip(q, (u, v) => u + v).ToArray())];

    private static double Capped(double value, double? cap) => cap is { } c ? c * Math.Tanh(value / c) : value;

    private static double[] Row(float[] table, int row, int width) =>
        [.. table.AsSpan(row * width, width).ToArray().Select(v => (double)v)];

    private static int Whole(JsonObject config, string key) => config[key]!.GetValue<int>();

    private bool Flag(string key) => config[key]?.GetValue<bool>() ?? false;

    private float[] Matrix(string name, int rows, int columns, double spread) => Weight(name, spread, 0, rows, columns);

    private float[] Weight(string name, double spread, double mean, params long[] shape)
    {
        if (!_weights.TryGetValue(name, out var weight))
        {
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(mean + spread * (2 * _random.NextDouble() - 1));
            }

            _weights.Add(name, weight = (values, shape));
        }

        return weight.Values;
    }
}
