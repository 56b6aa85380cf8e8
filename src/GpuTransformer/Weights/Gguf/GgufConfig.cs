using System.Buffers;
using System.Text;
using System.Text.Json;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>Makes Hugging Face's config.json of a GGUF file's metadata. Every hyperparameter is checked here, against its
/// range, the others and the file, before the first tensor is read; a key that would change the result and is not
/// honoured is an error that names it.</summary>
internal sealed class GgufConfig
{
    private const int MostLayers = 1 << 12;

    private static readonly string[] s_headSizes = ["attention.value_length", "rope.dimension_count"];

    // The end of a text, of a turn and of a message: each ends what is generated.
    private static readonly string[] s_stops = ["eos", "eot", "eom"];

    private readonly GgufFile _file;
    private readonly GgufMetadata _metadata;
    private readonly GgufArchitecture _architecture;

    private GgufConfig(GgufFile file)
    {
        _file = file;
        _metadata = file.Metadata;
        _architecture = GgufArchitecture.Of(_metadata);
    }

    /// <summary>config.json's text.</summary>
    public static byte[] Make(GgufFile file)
    {
        var config = new GgufConfig(file);
        GgufKnownKeys.Check(file.Metadata, config._architecture.Name);
        var text = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(text);
        json.WriteStartObject();
        config.Write(json);
        json.WriteEndObject();
        json.Flush();
        return text.WrittenSpan.ToArray();
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteString("model_type", _architecture.ModelType);
        json.WriteStartArray("architectures");
        json.WriteStringValue(_architecture.ModelClass);
        json.WriteEndArray();
        json.WriteString("hidden_act", "silu");
        WriteSizes(json);
        json.WriteNumber("rms_norm_eps", Single("attention.layer_norm_rms_epsilon", double.Epsilon, 1));
        json.WriteBoolean("tie_word_embeddings", _file.IndexOf("output.weight") < 0);
        json.WriteBoolean("attention_bias", _architecture.Name == "qwen2" || _file.IndexOf("blk.0.attn_q.bias") >= 0);
        json.WriteBoolean("mlp_bias", _file.IndexOf("blk.0.ffn_down.bias") >= 0);
        json.WriteBoolean("use_sliding_window", false);
        GgufRope.Write(json, _metadata, _architecture.Name);
        WriteTokens(json);
    }

    private void WriteSizes(Utf8JsonWriter json)
    {
        int hidden = Whole("embedding_length", 1, 1 << 20);
        (int heads, int keyValueHeads) = _architecture.Heads(_metadata);
        json.WriteNumber("hidden_size", hidden);
        json.WriteNumber("num_hidden_layers", Layers());
        json.WriteNumber("num_attention_heads", heads);
        json.WriteNumber("num_key_value_heads", keyValueHeads);
        json.WriteNumber("head_dim", HeadSize(hidden, heads));
        json.WriteNumber("intermediate_size", _architecture.Same(_metadata, "feed_forward_length", null, 1, 1 << 22));
        json.WriteNumber("max_position_embeddings", Whole("context_length", 1, int.MaxValue));
    }

    // As many layers as the file has tensors for: a number that lies is found before anything is made of it.
    private int Layers()
    {
        int layers = Whole("block_count", 1, MostLayers);
        if (_file.IndexOf($"blk.{layers - 1}.attn_q.weight") < 0 || _file.IndexOf($"blk.{layers}.attn_q.weight") >= 0)
        {
            throw _metadata.Error(
                Key("block_count"), $"as many layers as there are tensors blk.N.attn_q.weight", $"{layers}");
        }
        return layers;
    }

    private int HeadSize(int hidden, int heads)
    {
        string key = Key("attention.key_length");
        if (!_metadata.Has(key) && hidden % heads != 0)
        {
            throw _metadata.Error(Key("attention.head_count"), $"a divisor of embedding_length {hidden}", $"{heads}");
        }
        int size = _metadata.Has(key) ? (int)_metadata.Whole(key, 2, 1 << 16) : hidden / heads;
        if (size % 2 != 0)
        {
            string named = _metadata.Has(key) ? key : Key("attention.head_count");
            throw _metadata.Error(named, "heads of an even size", $"a size of {size}");
        }
        foreach (string part in s_headSizes)
        {
            long other = _metadata.WholeOr(Key(part), size, long.MinValue, long.MaxValue);
            if (other != size)
            {
                throw _metadata.Error(Key(part), $"the size of a head, {size}", $"{other}");
            }
        }
        return size;
    }

    private void WriteTokens(Utf8JsonWriter json)
    {
        const string Tokens = "tokenizer.ggml.tokens";
        // A file without a tokenizer has as many ids as rows of its embedding.
        int vocabulary = _metadata.Has(Tokens) ? _metadata.CountOf(Tokens)
            : _file.Find("token_embd.weight") is { } table ? (int)Math.Min(table.Shape[0], int.MaxValue)
            : Whole("vocab_size", 1, int.MaxValue);
        int declared = (int)_metadata.WholeOr(Key("vocab_size"), vocabulary, 1, int.MaxValue);
        if (vocabulary != declared || vocabulary == 0)
        {
            throw _metadata.Error(Key("vocab_size"), $"as many as there are tokens or rows of the embedding, {vocabulary}", $"{declared}");
        }
        json.WriteNumber("vocab_size", vocabulary);
        if (Special("bos", vocabulary) is { } start)
        {
            json.WriteNumber("bos_token_id", start);
        }
        if (Special("padding", vocabulary) is { } padding)
        {
            json.WriteNumber("pad_token_id", padding);
        }
        _ = Special("unknown", vocabulary);
        long[] stops = [.. s_stops.Select(kind => Special(kind, vocabulary)).OfType<long>().Distinct()];
        if (stops.Length > 0)
        {
            json.WriteStartArray("eos_token_id");
            Array.ForEach(stops, json.WriteNumberValue);
            json.WriteEndArray();
        }
    }

    private long? Special(string kind, int vocabulary)
    {
        string key = $"tokenizer.ggml.{kind}_token_id";
        return _metadata.Has(key) ? _metadata.Whole(key, 0, vocabulary - 1) : null;
    }

    private int Whole(string part, int min, int max) => (int)_metadata.Whole(Key(part), min, max);

    // A float32 of the file stands in JSON as the shortest text that gives it back.
    private float Single(string part, double min, double max) => (float)_metadata.Number(Key(part), min, max);

    private string Key(string part) => $"{_architecture.Name}.{part}";
}
