using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tasks;

/// <summary>What a sentence-transformers folder says: modules.json, the modules' own configs, sentence_bert_config.json and
/// config_sentence_transformers.json.</summary>
internal sealed class SentenceModules
{
    private const string FileName = "modules.json";
    private const long LargestFile = 16L << 20;
    private const int MostModules = 64;

    private static readonly string[] s_lengthFiles =
    [
        "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_xlm-roberta_config.json",
    ];

    private SentenceModules(string encoder) => EncoderFolder = encoder;

    /// <summary>The folder of the encoder.</summary>
    public string EncoderFolder { get; }

    /// <summary>Texts are cut here; null: at the model's and the tokenizer's own limit.</summary>
    public int? MaxSeqLength { get; private set; }

    /// <summary>Texts are made lower case first.</summary>
    public bool DoLowerCase { get; private set; }

    /// <summary>What is put before every text.</summary>
    public string Prompt { get; private set; } = "";

    /// <summary>What follows the encoder: a kind ("Pooling", "Dense", "Normalize") and its folder.</summary>
    public IReadOnlyList<(string Kind, string Folder)> Steps { get; private set; } = [];

    /// <summary>Reads a folder; null where it has no modules.json.</summary>
    public static SentenceModules? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        // The file is an array; as the value of a key it is read like every other.
        var list = new JsonObject(Wrapped(path), path).Sections("modules");
        if (list.Count is 0 or > MostModules)
        {
            throw new InputException($"{path}: expected 1 to {MostModules} modules, found {list.Count}.");
        }

        var kinds = list.Select((module, i) => (Kind: KindOf(module, i), Folder: PathOf(module, folder))).ToArray();
        if (kinds[0].Kind != "Transformer" || kinds.Length < 2 || kinds[1].Kind != "Pooling")
        {
            throw new InputException(
                $"{path}: expected a Transformer, then a Pooling, found {string.Join(", ", kinds.Select(kind => kind.Kind))}.");
        }

        var modules = new SentenceModules(kinds[0].Folder) { Steps = kinds[1..] };
        modules.ReadLength(kinds[0].Folder);
        modules.ReadPrompt(folder);
        return modules;
    }

    /// <summary>The config of a module.</summary>
    public static JsonObject Config(string folder) => JsonObject.Load(Path.Combine(folder, ModelConfig.FileName), LargestFile);

    /// <summary>Refuses a key that may change the result and is not honoured.</summary>
    public static void OnlyKeys(JsonObject config, IReadOnlyList<string> known)
    {
        foreach (var key in config.Keys)
        {
            if (!known.Contains(key))
            {
                throw new InputException($"{config.Name}: the key {Quoted.Of(key)} is not supported.");
            }
        }
    }

    /// <summary>Refuses a module that reads or writes anything but the text's vector.</summary>
    public static void RefuseOtherFeatures(JsonObject config)
    {
        RefuseOther(config, "module_input_name", "sentence_embedding");
        RefuseOther(config, "module_output_name", "sentence_embedding");
    }

    /// <summary>The same for a module that need not have a config.</summary>
    public static void RefuseOtherFeatures(string folder)
    {
        if (File.Exists(Path.Combine(folder, ModelConfig.FileName)))
        {
            RefuseOtherFeatures(Config(folder));
        }
    }

    /// <summary>The limit of the tokenizer's own config, where it has one that means something.</summary>
    public static int? TokenizerLimit(string folder)
    {
        var path = Path.Combine(folder, "tokenizer_config.json");
        var length = File.Exists(path) ? JsonObject.Load(path, LargestFile).NumberOr("model_max_length", 0) : 0;
        return length is >= 1 and <= int.MaxValue ? (int)length : null;
    }

    private static byte[] Wrapped(string path) =>
        [.. "{\"modules\":"u8, .. BoundedFile.ReadAll(path, LargestFile), (byte)'}'];

    private static string KindOf(JsonObject module, int index)
    {
        var type = module.Text("type");
        var kind = type[(type.LastIndexOf('.') + 1)..];
        var known = type.StartsWith("sentence_transformers.", StringComparison.Ordinal) &&
            (index == 0 ? kind == "Transformer" : kind is "Pooling" or "Dense" or "Normalize" or "Dropout") &&
            (kind != "Pooling" || index == 1);
        return known
            ? kind
            : throw module.Error("type", index == 0 ? "a Transformer" : index == 1 ? "a Pooling" : "Dense or Normalize", Quoted.Of(type));
    }

    /// <summary>A module's folder: a plain name below the model's folder, never a way out of it.</summary>
    private static string PathOf(JsonObject module, string folder)
    {
        var path = module.Text("path");
        var parts = path.Split('/');
        var plain = path.Length == 0 || parts.All(part =>
            part.Length > 0 && part is not "." and not ".." && part.IndexOfAny(['\\', ':', '\0']) < 0);
        return plain
            ? Path.Combine(folder, path)
            : throw module.Error("path", "a folder inside the model's", Quoted.Of(path));
    }

    private void ReadLength(string folder)
    {
        if (s_lengthFiles.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is not { } path)
        {
            return;
        }

        var config = JsonObject.Load(path, LargestFile);
        MaxSeqLength = config.Has("max_seq_length") ? config.Whole("max_seq_length", 1) : null;
        DoLowerCase = config.FlagOr("do_lower_case", false);
        RefuseOther(config, "transformer_task", "feature-extraction");
        RefuseOther(config, "module_output_name", "token_embeddings");
        if (config.Section("modality_config")?.Section("text") is { } text)
        {
            RefuseOther(text, "method", "forward");
            RefuseOther(text, "method_output_name", "last_hidden_state");
        }

        foreach (var key in new[] { "processing_kwargs", "tokenizer_args", "config_args" })
        {
            if (config.Section(key) is { Count: > 0 } settings)
            {
                throw config.Error(key, "nothing", Quoted.Of(settings.Keys.First()));
            }
        }
    }

    private static void RefuseOther(JsonObject config, string key, string only)
    {
        if (config.TextOr(key, only) is var found && found != only)
        {
            throw config.Error(key, only, Quoted.Of(found));
        }
    }

    private void ReadPrompt(string folder)
    {
        var path = Path.Combine(folder, "config_sentence_transformers.json");
        if (!File.Exists(path) || JsonObject.Load(path, LargestFile) is not { } config || !config.Has("default_prompt_name"))
        {
            return;
        }

        var name = config.Text("default_prompt_name");
        Prompt = config.Section("prompts") is { } prompts && prompts.Has(name)
            ? prompts.Text(name)
            : throw config.Error("default_prompt_name", "a name under prompts", Quoted.Of(name));
        if (Prompt.Length > 0 && Steps.Any(step => step.Kind == "Pooling" && !Config(step.Folder).FlagOr("include_prompt", true)))
        {
            throw config.Error("default_prompt_name", "none, since the pooling leaves prompts out (include_prompt)", Quoted.Of(name));
        }
    }
}
