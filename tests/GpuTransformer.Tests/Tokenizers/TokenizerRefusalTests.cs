using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>tokenizer.json and vocab.txt from a stranger: what is not supported or wrong is named, nothing is left out in
/// silence.</summary>
public sealed class TokenizerRefusalTests : IDisposable
{
    private const string Vocabulary = """{"a":0,"b":1,"ab":2,"c":3}""";
    private const string Bpe = $$"""{"type":"BPE","vocab":{{Vocabulary}},"merges":[["a","b"]]}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheSmallestFileWorks()
    {
        Tokenizer tokenizer = Read(File());
        Assert.Equal([2, 3, 0], tokenizer.Encode("abca").Ids);
        Assert.Equal("ab c", tokenizer.Decode([2, 3]));
        Assert.Equal(4, tokenizer.IdLimit);
    }

    [Theory]
    [InlineData("""{"type":"Precompiled","precompiled_charsmap":"AA=="}""", "normalizer", "precompiled_charsmap", "trie size")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"Nmx"}]}""", "normalizers[1]", "Nmx")]
    [InlineData("""{"type":"Lowercase","strength":2}""", "normalizer", "strength")]
    [InlineData("""{"type":"BertNormalizer","clean_text":1}""", "normalizer", "clean_text")]
    [InlineData("""{"kind":"NFD"}""", "normalizer", "type")]
    [InlineData("""7""", "normalizer", "an object")]
    public void ANormalizerThatIsNotSupportedIsNamed(string part, params string[] mentions) =>
        MustRefuse(File(normalizer: part), mentions);

    [Theory]
    [InlineData("""{"type":"Split","pattern":{"Regex":"(a+)\\1"},"behavior":"Isolated","invert":false}""", "pre_tokenizer", "place 4", "\\1")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"a","String":"a"},"behavior":"Isolated","invert":false}""", "pattern", "both")]
    [InlineData("""{"type":"Split","pattern":{},"behavior":"Isolated","invert":false}""", "pattern", "neither")]
    [InlineData("""{"type":"Split","pattern":{"String":"a"},"behavior":"Joined","invert":false}""", "behavior", "Joined")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":"ab"}""", "delimiter", "one letter")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":""}""", "delimiter", "one letter")]
    [InlineData("""{"type":"FixedLength","length":0}""", "pre_tokenizer", "length")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Whitespaces"}]}""", "pretokenizers[0]", "Whitespaces")]
    [InlineData("""{"type":"Digits"}""", "pre_tokenizer", "individual_digits")]
    public void APreTokenizerThatIsNotSupportedIsNamed(string part, params string[] mentions) =>
        MustRefuse(File(preTokenizer: part), mentions);

    [Theory]
    [InlineData("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]","type_id":0}}],"pair":[],"special_tokens":{}}""", "\"[X]\"")]
    [InlineData("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B","type_id":0}}],"pair":[],"special_tokens":{}}""", "sequence A alone")]
    [InlineData("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{}}""", "both sequences")]
    [InlineData("""{"type":"TemplateProcessing","single":[{"Other":{}}],"pair":[],"special_tokens":{}}""", "Other")]
    [InlineData("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}}],"pair":[],"special_tokens":{"x":{"id":"x","ids":[1,2],"tokens":["x"]}}}""", "ids, tokens")]
    [InlineData("""{"type":"BertProcessing","sep":["[SEP]"],"cls":["[CLS]",1]}""", "sep")]
    [InlineData("""{"type":"BertProcessing","sep":["[SEP]",1,2],"cls":["[CLS]",1]}""", "sep")]
    [InlineData("""{"type":"Sequence","processors":[{"type":"BertProcessing","sep":["s",1],"cls":["c",2]},{"type":"BertProcessing","sep":["s",1],"cls":["c",2]}]}""", "one of a sequence adds tokens")]
    [InlineData("""{"type":"Marker"}""", "Marker")]
    public void APostProcessorThatIsWrongIsNamed(string part, string mention) =>
        MustRefuse(File(postProcessor: part), "post_processor", mention);

    [Theory]
    [InlineData("""{"type":"Strip","content":"  ","start":1,"stop":0}""", "content: expected one letter")]
    [InlineData("""{"type":"Strip","content":"","start":1,"stop":0}""", "content: expected one letter")]
    [InlineData("""{"type":"Strip","content":" ","start":1000000000,"stop":0}""", "start")]
    [InlineData("""{"type":"Strip","content":" ","start":1,"stop":-1}""", "stop")]
    [InlineData("""{"type":"Metaspace","replacement":"__"}""", "replacement: expected one letter")]
    [InlineData("""{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}""", "prepend_scheme")]
    [InlineData("""{"type":"Metaspace","replacement":"_","prepend_scheme":"always","add_prefix_space":false}""", "prepend_scheme")]
    [InlineData("""{"type":"WordPiece","prefix":"##"}""", "cleanup")]
    public void ADecoderThatIsNotSupportedIsNamed(string part, string mention) =>
        MustRefuse(File(decoder: part), "decoder", mention);

    [Theory]
    [InlineData("""{"type":"Unigram","vocab":[]}""", "vocab: expected at least one token")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0]],"unk_id":1}""", "unk_id")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0]],"unk_id":-1}""", "unk_id")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0],["b"]]}""", "vocab[1]")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0],["b",1,2]]}""", "vocab[1]")]
    [InlineData("""{"type":"Unigram","vocab":[["a","0"]]}""", "vocab[0]")]
    [InlineData("""{"type":"Unigram","vocab":[["a",1e999]]}""", "vocab[0]")]
    [InlineData("""{"type":"Unigram","vocab":[[0,0]]}""", "vocab[0]")]
    [InlineData("""{"type":"Unigram","vocab":["a"]}""", "vocab[0]")]
    [InlineData("""{"type":"Unigram","vocab":{"a":0}}""", "vocab")]
    [InlineData("""{"type":"Unigram","vocab":[["a",0]],"alpha":0.1}""", "alpha")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[["a","b"]]}""", "merges[0]: \"b\" is not in the vocabulary")]
    [InlineData("""{"type":"BPE","vocab":{"b":0},"merges":[["a","b"]]}""", "merges[0]: \"a\" is not in the vocabulary")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"],["ab","b"]]}""", "merges[1]: \"abb\" is not in the vocabulary")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}""", "merges[0]")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[["a","a","a"]]}""", "merges")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["aa"]}""", "merges[0]")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[7]}""", "merges")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[[["a"]]]}""", "merges")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":{}}""", "merges")]
    [InlineData("""{"type":"BPE","vocab":{"a":0}}""", "merges")]
    [InlineData("""{"type":"BPE","vocab":[],"merges":[]}""", "vocab")]
    [InlineData("""{"type":"BPE","merges":[]}""", "vocab")]
    [InlineData("""{"type":"BPE","vocab":{"a":-1},"merges":[]}""", "vocab: expected a whole number from 0")]
    [InlineData("""{"type":"BPE","vocab":{"a":2147483648},"merges":[]}""", "2147483648")]
    [InlineData("""{"type":"BPE","vocab":{"a":2147483647},"merges":[]}""", "2147483647")]
    [InlineData("""{"type":"BPE","vocab":{"a":1.0},"merges":[]}""", "1.0")]
    [InlineData("""{"type":"BPE","vocab":{"a":"0"},"merges":[]}""", "vocab")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}""", "id 0 stands for \"a\" and for \"b\"")]
    [InlineData("""{"type":"BPE","vocab":{"\ud800":0},"merges":[]}""", "surrogate")]
    [InlineData("""{"type":"BPE","dropout":0.1,"vocab":{},"merges":[]}""", "dropout")]
    [InlineData("""{"type":"BPE","continuing_subword_prefix":"##","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}""", "merges[0]: expected a token that begins with")]
    [InlineData("""{"type":"BPE","end_of_word_suffix":7,"vocab":{"a":0},"merges":[]}""", "end_of_word_suffix")]
    [InlineData("""{"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"a":0}}""", "\"?\" is not in the vocabulary")]
    [InlineData("""{"type":"WordPiece","unk_token":"a","continuing_subword_prefix":"##","max_input_chars_per_word":1000000000,"vocab":{"a":0}}""", "max_input_chars_per_word")]
    [InlineData("""{"type":"WordPiece","unk_token":"a","continuing_subword_prefix":"##","max_input_chars_per_word":-1,"vocab":{"a":0}}""", "max_input_chars_per_word")]
    public void AModelThatIsWrongIsNamed(string model, string mention) =>
        MustRefuse(File(model: model), "tokenizer.json: model", mention);

    [Theory]
    [InlineData("""{"id":4,"content":"","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""", "content")]
    [InlineData("""{"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""", "which stands for \"b\"")]
    [InlineData("""{"id":4,"content":"ab","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""", "2, as in the vocabulary")]
    [InlineData("""{"id":4294967296,"content":"x","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""", "4294967296")]
    [InlineData("""{"id":4,"content":"x"}""", "single_word")]
    [InlineData("""{"id":4,"content":"x","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true,"more":1}""", "more")]
    public void AnAddedTokenThatIsWrongIsNamed(string token, string mention) =>
        MustRefuse(File(added: $"[{token}]"), "added_tokens[0]", mention);

    [Fact]
    public void AddedTokensAreShortAndTheirIdsTheirOwn()
    {
        static string Token(int id, string content) => $$"""
            {"id":{{id}},"content":"{{content}}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}
            """;
        MustRefuse(File(added: $"[{Token(4, new string('x', 513))}]"), "1 to 512 letters");
        MustRefuse(File(added: $"[{Token(4, "x")},{Token(4, "y")}]"), "added_tokens[1]", "which stands for \"x\"");
    }

    [Theory]
    [InlineData("\"truncation\":{\"max_length\":8,\"strategy\":\"LongestFirst\",\"stride\":8}", "stride")]
    [InlineData("\"truncation\":{\"max_length\":-1,\"strategy\":\"LongestFirst\",\"stride\":0}", "max_length")]
    [InlineData("\"truncation\":{\"max_length\":8,\"strategy\":\"Middle\",\"stride\":0}", "Middle")]
    [InlineData("\"padding\":{\"strategy\":{\"Fixed\":1000000000},\"direction\":\"Right\",\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"a\"}", "Fixed")]
    [InlineData("\"padding\":{\"strategy\":\"Longest\",\"direction\":\"Right\",\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"a\"}", "Longest")]
    [InlineData("\"extra\":1", "extra")]
    [InlineData("\"truncation\":null,\"truncation\":null", "stands twice")]
    public void ASettingThatIsWrongIsNamed(string setting, string mention) =>
        MustRefuse($$$"""{"version":"1.0",{{{setting}}},"model":{{{Bpe}}}}""", mention);

    [Theory]
    [InlineData("""{"version":"2.0"}""", "version")]
    [InlineData("""{"version":"1.0"}""", "model")]
    [InlineData("""[]""", "JSON object")]
    [InlineData("""{"version":"1.0","model":""", "JSON")]
    [InlineData("""{"version":"1.0","model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}""", "\"a\" stands twice")]
    public void AFileThatIsWrongIsNamed(string json, string mention) => MustRefuse(json, "tokenizer.json", mention);

    [Fact]
    public void DeepNestingIsRefused() =>
        MustRefuse(File(normalizer: new string('[', 100_000) + new string(']', 100_000)), "64 deep");

    [Fact]
    public void AnIdFarFromTheOthersSizesNothing()
    {
        const string Sparse = """{"type":"BPE","vocab":{"a":2000000000,"b":7},"merges":[]}""";
        string json = File(model: Sparse);
        string path = _folder.Write("tokenizer.json", json);
        HostileRun.MustAccept(() => TokenizerFile.Load(path), json.Length);
        Tokenizer tokenizer = Read(json);
        Assert.Equal([2000000000, 7], tokenizer.Encode("ab").Ids);
        Assert.Equal("a b", tokenizer.Decode([2000000000, 7]));
        Assert.Equal(2000000001, tokenizer.IdLimit);
    }

    [Fact]
    public void TruncationThatCannotBeDoneIsNamed()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Model("bert-shakespeare"));
        Tokenizer one = tokenizer.With(new TruncationOptions(1), null);
        Assert.Contains("max_length 1", Assert.Throws<InputException>(() => one.Encode("good morrow")).Message);
        Tokenizer second = tokenizer.With(new TruncationOptions(5, TruncationStrategy.OnlySecond), null);
        Assert.Contains("no second text", Assert.Throws<InputException>(() => second.Encode("good good good good")).Message);
        Assert.Contains("that text has 1",
            Assert.Throws<InputException>(() => second.Encode("good good good good good", "good")).Message);
        Tokenizer left = tokenizer.With(new TruncationOptions(4, FromLeft: true), new PaddingOptions(6, 0, "[PAD]", OnLeft: true));
        Tokenization found = left.Encode("good my lord");
        Assert.Equal(["[PAD]", "[PAD]", "[CLS]", "my", "lord", "[SEP]"], found.Tokens);
        Assert.Equal([0, 0, 1, 1, 1, 1], found.AttentionMask);
        Assert.Equal([1, 1, 1, 0, 0, 1], found.SpecialMask);
    }

    [Theory]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "mask_token")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\na\n", "line 7: \"a\" stands on line 6 already")]
    [InlineData("", "vocab.txt")]
    public void AVocabularyTextThatIsWrongIsNamed(string text, string mention)
    {
        _folder.Write("vocab.txt", text);
        HostileRun.MustRefuse(() => Tokenizer.Load(_folder.Path), text.Length, "vocab.txt", mention);
    }

    [Fact]
    public void AVocabularyTextMustBeUtf8()
    {
        _folder.Write("vocab.txt", [(byte)'a', 0xff]);
        HostileRun.MustRefuse(() => Tokenizer.Load(_folder.Path), 2, "vocab.txt", "UTF-8");
    }

    [Fact]
    public void AFolderWithoutATokenizerIsNamed() =>
        HostileRun.MustRefuse(() => Tokenizer.Load(_folder.Path), 0, _folder.Path, "tokenizer.json", "vocab.txt");

    private static string File(
        string normalizer = "null", string preTokenizer = "null", string postProcessor = "null", string decoder = "null",
        string added = "[]", string model = Bpe) => $$"""
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":{{added}},"normalizer":{{normalizer}},
        "pre_tokenizer":{{preTokenizer}},"post_processor":{{postProcessor}},"decoder":{{decoder}},"model":{{model}}}
        """;

    private Tokenizer Read(string json) => TokenizerFile.Load(_folder.Write("tokenizer.json", json));

    private void MustRefuse(string json, params string[] mentions)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        string path = _folder.Write("tokenizer.json", bytes);
        HostileRun.MustRefuse(() => TokenizerFile.Load(path), bytes.Length, mentions);
    }
}
