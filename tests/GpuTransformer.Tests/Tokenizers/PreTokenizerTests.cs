using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.Text;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Pre-tokenizers and normalizers as tokenizer.json names them, against what Hugging Face's library is documented
/// to do.</summary>
public sealed class PreTokenizerTests
{
    private const string Split = """{"type":"Split","pattern":{"String":"-"},"invert":false,"behavior":""";

    [Theory]
    [InlineData(Split + "\"Removed\"}", "the-final--countdown", "the final countdown")]
    [InlineData(Split + "\"Isolated\"}", "the-final--countdown", "the - final - - countdown")]
    [InlineData(Split + "\"MergedWithPrevious\"}", "the-final--countdown", "the- final- - countdown")]
    [InlineData(Split + "\"MergedWithNext\"}", "the-final--countdown", "the -final - -countdown")]
    [InlineData(Split + "\"Contiguous\"}", "the-final--countdown", "the - final -- countdown")]
    [InlineData(Split + "\"Contiguous\"}", "--a", "-- a")]
    [InlineData(Split + "\"MergedWithPrevious\"}", "-a-", "- a-")]
    [InlineData(Split + "\"MergedWithNext\"}", "-a-", "-a -")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Removed","invert":true}""", "How are you?", "How are you")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Removed","invert":false}""", "a?b", "?")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Isolated","invert":true}""", "a?b", "a ? b")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"MergedWithPrevious","invert":true}""", "a?b!", "a? b!")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\d"},"behavior":"Contiguous","invert":true}""", "ab12c", "ab 12 c")]
    [InlineData("""{"type":"Split","pattern":{"String":""},"behavior":"Isolated","invert":false}""", "ab\U0001F600", "a b \U0001F600")]
    [InlineData("""{"type":"Punctuation"}""", "Hey friend!!  \u00BFok?", "Hey\u2423friend ! ! \u2423\u2423 \u00BF ok ?")]
    [InlineData("""{"type":"Punctuation","behavior":"Contiguous"}""", "a!?b\u3002", "a !? b \u3002")]
    [InlineData("""{"type":"Punctuation","behavior":"Removed"}""", "a+b", "a b")]
    [InlineData("""{"type":"Digits","individual_digits":true}""", "a12\u00BD\U0001D7D8b", "a 1 2 \u00BD \U0001D7D8 b")]
    [InlineData("""{"type":"Digits","individual_digits":false}""", "a12\u00BDb", "a 12\u00BD b")]
    [InlineData("""{"type":"Whitespace"}""", "Hey man!!? I'm\u00A0x_1\u0301\u200Dé", "Hey man !!? I ' m x_1\u0301\u200Dé")]
    [InlineData("""{"type":"WhitespaceSplit"}""", " Hey  man!\u3000I'm ", "Hey man! I'm")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":"\ud83d\ude00"}""", "a\U0001F600b \U0001F600\U0001F601", "a b\u2423 \U0001F601")]
    [InlineData("""{"type":"UnicodeScripts"}""", "\u3069\u3053\u3067\u751F\u308C\u3002Yes", "\u3069\u3053\u3067\u751F\u308C \u3002 Yes")]
    [InlineData("""{"type":"UnicodeScripts"}""", "Apples are \u308A\u3093\u3054 \u6797\u6A8E", "Apples\u2423are\u2423 \u308A\u3093\u3054\u2423\u6797\u6A8E")]
    [InlineData("""{"type":"UnicodeScripts"}""", "  ab", "ab")]
    [InlineData("""{"type":"UnicodeScripts"}""", "  ", "")]
    [InlineData("""{"type":"FixedLength","length":2}""", "a\U0001F600bcd", "a\U0001F600 bc d")]
    [InlineData("""{"type":"FixedLength"}""", "abcdefg", "abcde fg")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true}""", "Hello my é", "\u0120Hello \u0120my \u0120\u00C3\u00A9")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""", "a b", "a\u0120b")]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":false}]}""", "a b", "\u0120a \u0120b")]
    [InlineData("""{"type":"Sequence","pretokenizers":[]}""", "a b", "a\u2423b")]
    public void TextIsSplitAsDocumented(string part, string text, string expected)
    {
        var pieces = new PieceList(new NormalizedText(text));
        PreTokenizerFile.Read(Part(part)).Split(pieces);
        Assert.Equal(expected, string.Join(' ', pieces.Pieces.Select(piece => piece.Letters.ToString().Replace(' ', '\u2423'))));
    }

    [Theory]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":true}""", " \u00A0a b\n", "a b", "2-3 3-4 4-5")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""", "  a ", "a ", "2-3 3-4")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":true}""", "   ", "", "")]
    [InlineData("""{"type":"StripAccents"}""", "e\u0301\u093Ea\u20DD", "ea", "0-1 3-4")]
    [InlineData("""{"type":"StripAccents"}""", "\u00E9", "\u00E9", "0-1")]
    [InlineData("""{"type":"Nmt"}""", "a\u0001\tb\u200B\u2581\uFEFFc\u0000", "a b   c\u0000", "0-1 2-3 3-4 4-5 5-6 6-7 7-8 8-9")]
    [InlineData("""{"type":"Prepend","prepend":"<\u2581"}""", "ab", "<\u2581ab", "0-1 0-1 0-1 1-2")]
    [InlineData("""{"type":"Prepend","prepend":"x"}""", "", "", "")]
    [InlineData("""{"type":"Replace","pattern":{"String":"``"},"content":"\""}""", "a``b", "a\"b", "0-1 2-3 3-4")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"\\s+"},"content":"_-"}""", "a  b", "a_-b", "0-1 2-3 2-3 3-4")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"[0-9]"},"content":"0"}""", "a12", "a00", "0-1 1-2 2-3")]
    [InlineData("""{"type":"Replace","pattern":{"String":"b"},"content":""}""", "abc", "ac", "0-1 2-3")]
    [InlineData("""{"type":"Lowercase"}""", "\u0130\u01C5\U00010400", "i\u0307\u01C6\U00010428", "0-1 0-1 1-2 2-4 2-4")]
    [InlineData("""{"type":"ByteLevel"}""", "a é", "a\u0120\u00C3\u00A9", "0-1 1-2 2-3 2-3")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"_"},{"type":"Replace","pattern":{"String":" "},"content":"_"}]}""", "a b", "_a_b", "0-1 0-1 1-2 2-3")]
    [InlineData("""{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,"strip_accents":true,"lowercase":false}""", "A\t\u4E2DÉ", "A\t\u4E2DE", "0-1 1-2 2-3 3-4")]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", "A\t\u0001B", "a b", "0-1 1-2 3-4")]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", "A\tB", "a b", "0-1 1-2 2-3")]
    public void TextIsNormalizedAsDocumented(string part, string text, string expected, string ranges)
    {
        var normalized = new NormalizedText(text);
        NormalizerFile.Read(Part(part)).Normalize(normalized);
        Assert.Equal(expected, normalized.Units.ToString());
        Assert.Equal(ranges, string.Join(' ', Enumerable.Range(0, normalized.Length).Select(at =>
        {
            (int start, int end) = normalized.OriginalRange(at, at + 1);
            return $"{start}-{end}";
        })));
    }

    [Theory]
    [InlineData("""{"type":"BPEDecoder","suffix":"</w>"}""", "my</w> na me</w> is</w> John</w>", "my name is John")]
    [InlineData("""{"type":"BPEDecoder","suffix":"</w>"}""", "", "")]
    [InlineData("""{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":true}""", "<pad> <pad> h e e l l <pad> l o o o <pad>", "hello")]
    [InlineData("""{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":true}""", "h | | <pad> | i", "h  i")]
    [InlineData("""{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":false}""", "h | i", "h|i")]
    [InlineData("""{"type":"WordPiece","prefix":"##","cleanup":true}""", "do ##n ' t , it 's a ##b !", "don ' t, it's ab!")]
    [InlineData("""{"type":"WordPiece","prefix":"##","cleanup":false}""", "a , b", "a , b")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"[_~]+"},"content":" "}""", "a_~ b~c", "a b c")]
    [InlineData("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"_"},"content":" "},{"type":"BPEDecoder","suffix":"$"}]}""", "_a$ b$", " a b")]
    [InlineData("""{"type":"Sequence","decoders":[{"type":"BPEDecoder","suffix":"$"},{"type":"CTC","pad_token":"p","word_delimiter_token":" ","cleanup":false}]}""", "a$ a$ b$", "a b")]
    [InlineData("""{"type":"Sequence","decoders":[{"type":"ByteLevel"},{"type":"Replace","pattern":{"String":"a b"},"content":"x"}]}""", "a \u0120b", "x")]
    public void TokensAreDecodedAsDocumented(string part, string tokens, string expected)
    {
        var decoding = new StreamingDecoder(DecoderFile.Read(Part(part)).Start(), id => tokens.Split(' ')[id]);
        int count = tokens.Length == 0 ? 0 : tokens.Split(' ').Length;
        var text = new StringBuilder();
        for (int id = 0; id < count; id++)
        {
            text.Append(decoding.Append(id));
        }
        Assert.Equal(expected, text.Append(decoding.Finish()).ToString());
    }

    [Fact]
    public void AModelSpellsLettersByItsOptions()
    {
        const string Suffixed = """
            {"type":"BPE","unk_token":"?","end_of_word_suffix":"$","continuing_subword_prefix":"#","fuse_unk":true,
            "vocab":{"?":0,"a":1,"#b":2,"ab":3,"#c$":4,"abc$":5,"a$":6},"merges":[["a","#b"],["ab","#c$"]]}
            """;
        Assert.Equal([5], Ids(Suffixed, "abc"));
        Assert.Equal([6], Ids(Suffixed, "a"));
        Assert.Equal([1, 0], Ids(Suffixed, "axyz"));
        Assert.Equal([0], Ids(Suffixed, "xa"));
        string apart = Suffixed.Replace("\"fuse_unk\":true", "\"fuse_unk\":false", StringComparison.Ordinal);
        Assert.Equal([1, 0, 0, 0], Ids(apart, "axyz"));
        const string Bytes = """
            {"type":"BPE","unk_token":"?","byte_fallback":true,"fuse_unk":true,
            "vocab":{"?":0,"<0xC3>":1,"<0xA9>":2,"a":3,"<0xE4>":4},"merges":[]}
            """;
        Assert.Equal([3, 1, 2, 3], Ids(Bytes, "a\u00E9a"));
        // Two of the three bytes of the ideograph are no tokens.
        Assert.Equal([3, 0, 3], Ids(Bytes, "a\u4E2D\u6587a"));
        Tokenization found = Read(Bytes).Encode("a\u00E9");
        Assert.Equal([(0, 1), (1, 2), (1, 2)], found.Offsets);
        Assert.Contains("unk_token: \"!\"", Assert.Throws<InputException>(
            () => Ids("""{"type":"BPE","unk_token":"!","vocab":{"a":0},"merges":["#version: 0.2"]}""", "x")).Message);
        Assert.Contains("\"x\" is unknown", Assert.Throws<InputException>(
            () => Ids("""{"type":"WordLevel","unk_token":"!","vocab":{"a":0}}""", "x")).Message);
    }

    private static int[] Ids(string model, string text) => Read(model).Encode(text).Ids;

    private static Tokenizer Read(string model) => TokenizerFile.Read(new JsonObject(
        Encoding.UTF8.GetBytes($$"""{"version":"1.0","model":{{model}}}"""), "tokenizer.json"));

    private static JsonObject Part(string json) => new(Encoding.UTF8.GetBytes(json), "part");
}
