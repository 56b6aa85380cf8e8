using System.Text.Json;
using GpuTransformer.Kernels;
using GpuTransformer.Weights;
using GpuTransformer.Weights.Json;

namespace GpuTransformer.Tokenizers;

/// <summary>The special tokens of a model folder without tokenizer.json, as tokenizer_config.json, special_tokens_map.json
/// and added_tokens.json name them, and what else tokenizer_config.json says.</summary>
internal sealed class NamedTokens
{
    private const string SettingsName = "tokenizer_config.json";
    private const string MapName = "special_tokens_map.json";
    private const string AddedName = "added_tokens.json";
    private const long LargestFile = 256L << 20;
    private const int LargestId = int.MaxValue - 1024;

    private static readonly string[] Names =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Dictionary<string, AddedToken> _named = [];
    private readonly List<AddedToken> _added = [];
    private readonly string _folder;

    /// <summary>Reads what is there of the files; <paramref name="defaults"/> are the tokens of names that they leave out. A
    /// token that is in no vocabulary gets the next free id, as in Hugging Face's transformers.</summary>
    public NamedTokens(string folder, Vocabulary ids, IReadOnlyDictionary<string, string> defaults)
    {
        _folder = folder;
        Settings = Open(SettingsName);
        JsonObject? map = Open(MapName);
        Dictionary<string, int> added = ReadAdded();
        int next = Math.Max(ids.IdLimit, added.Values.Append(-1).Max() + 1);
        foreach (string name in Names)
        {
            JsonObject? named = map?.Has(name) == true ? map : Settings?.Has(name) == true ? Settings : null;
            if (named is null && !defaults.ContainsKey(name))
            {
                continue;
            }
            AddedToken token = named is null ? Plain(defaults[name]) : TokenOf(named, name);
            int id = added.TryGetValue(token.Content, out int own) ? own : ids.IdOf(token.Content) ?? next++;
            added.TryAdd(token.Content, id);
            _named[name] = token with { Id = id };
        }
    }

    /// <summary>tokenizer_config.json, if it is there.</summary>
    public JsonObject? Settings { get; }

    /// <summary>All tokens that are found in text before anything else, each once.</summary>
    public IReadOnlyList<AddedToken> All => [.. _named.Values.Concat(_added).DistinctBy(token => token.Id)];

    /// <summary>True when a token has the name.</summary>
    public bool Has(string name) => _named.ContainsKey(name);

    /// <summary>The token with a name.</summary>
    public (int Id, string Text) this[string name] => _named.TryGetValue(name, out AddedToken? token)
        ? (token.Id, token.Content)
        : throw new InputException($"{_folder}: no {name} is named");

    private JsonObject? Open(string name)
    {
        string path = Path.Combine(_folder, name);
        return File.Exists(path) ? JsonObject.Load(path, LargestFile) : null;
    }

    // added_tokens.json has an id for each text; added_tokens_decoder of tokenizer_config.json a whole token for each id.
    private Dictionary<string, int> ReadAdded()
    {
        var ids = new Dictionary<string, int>();
        JsonObject? file = Open(AddedName);
        foreach (string content in file?.Keys ?? [])
        {
            ids[content] = file!.Whole(content, 0, LargestId);
            _added.Add(Plain(content) with { Id = ids[content], Special = false });
        }
        JsonObject? decoder = Settings?.Section("added_tokens_decoder");
        foreach (string key in decoder?.Keys ?? [])
        {
            JsonObject part = decoder!.Section(key) ?? throw decoder.Error(key, "an object", "null");
            if (!int.TryParse(key, out int id) || id is < 0 or > LargestId)
            {
                throw decoder.Error(key, "an id", Quoted.Of(key));
            }
            AddedToken token = Whole(part) with { Id = id };
            _added.RemoveAll(other => other.Content == token.Content);
            _added.Add(token);
            ids[token.Content] = id;
        }
        return ids;
    }

    private static AddedToken TokenOf(JsonObject file, string name) => file.Kind(name) == JsonTokenType.StartObject
        ? Whole(file.Section(name)!) with { Special = true }
        : Plain(file.Text(name));

    private static AddedToken Whole(JsonObject part) => new(
        0, part.Text("content"), part.FlagOr("single_word", false), part.FlagOr("lstrip", false),
        part.FlagOr("rstrip", false), part.FlagOr("normalized", false), part.FlagOr("special", false));

    private static AddedToken Plain(string content) =>
        new(0, content, SingleWord: false, LeftStrip: false, RightStrip: false, Normalized: false, Special: true);
}
