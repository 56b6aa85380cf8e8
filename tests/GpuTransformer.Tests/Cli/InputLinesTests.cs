using System.Text;
using GpuTransformer.Cli.Text;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>How bytes become inputs, whatever pieces they come in.</summary>
public class InputLinesTests
{
    [Theory]
    [InlineData("one\ntwo", new[] { "one", "two" })]
    [InlineData("one\r\ntwo\r\n", new[] { "one", "two" })]
    [InlineData("\n\r\na\n", new[] { "", "", "a" })]
    [InlineData("", new string[0])]
    [InlineData("\uFEFFone\n\uFEFFtwo", new[] { "one", "\uFEFFtwo" })]
    [InlineData("a\rb\r\r\nc\u2028d\u0085e\0f", new[] { "a\rb\r", "c\u2028d\u0085e\0f" })]
    [InlineData("😀\né", new[] { "😀", "é" })]
    public void Lines_end_with_LF_or_CRLF(string text, string[] expected)
    {
        foreach (var piece in new[] { 1, 3, 1 << 20 })
        {
            Assert.Equal(expected, Read(Encoding.UTF8.GetBytes(text), piece, TextFormat.Text).Select(input => input.Text));
        }
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_a_bad_line_that_names_line_and_byte()
    {
        var inputs = Read([.. "good\nab"u8, 0xC3, 0x28, .. "\nfine\n"u8, 0xED, 0xA0, 0x80], 1, TextFormat.Text);
        Assert.Equal(["line 1", "line 2", "line 3", "line 4"], inputs.Select(input => input.Place));
        Assert.Equal([null, "byte 3 (0xC3) is not UTF-8", null, "byte 1 (0xED) is not UTF-8"], inputs.Select(input => input.Problem));
        Assert.Contains("UTF-16", Read([0xFF, 0xFE, 0x61, 0x00], 4, TextFormat.Text)[0].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_beyond_the_limit_is_a_bad_line_and_takes_no_memory()
    {
        var text = Encoding.UTF8.GetBytes($"a\n{new string('x', 400_000)}\nb\n{new string('y', 70_000)}");
        foreach (var piece in new[] { 1000, 1 << 20 })
        {
            var inputs = new InputLines(new Pieces(text, piece), TextFormat.Text, longest: 50_000).All().ToArray();
            Assert.Equal(["a", "", "b", ""], inputs.Select(input => input.Text));
            Assert.Equal([false, true, false, true], inputs.Select(input => input.Problem is not null));
        }
    }

    [Fact]
    public void Long_lines_are_read_whole()
    {
        var long1 = new string('a', 3_000_000);
        var inputs = Read(Encoding.UTF8.GetBytes($"x\n{long1}\ny"), 77_777, TextFormat.Text);
        Assert.Equal(["x", long1, "y"], inputs.Select(input => input.Text));
    }

    [Theory]
    [InlineData("""{"text": "a"}""", "a", null)]
    [InlineData("""{"pair": "b", "id": [1, {"text": 2}], "text": "a"}""", "a", "b")]
    [InlineData("""  {"text": "a", "pair": null} """, "a", null)]
    [InlineData("""{"text": "\u00e4\n\"\ud83d\ude00"}""", "ä\n\"😀", null)]
    [InlineData("""{"te\u0078t": "a"}""", "a", null)]
    [InlineData("""{"text": 5}""", """{"text": 5}""", null)]
    [InlineData("""{"text": "a", "pair": 5}""", """{"text": "a", "pair": 5}""", null)]
    [InlineData("""{"texts": "a"}""", """{"texts": "a"}""", null)]
    [InlineData("""{"text": "a"} b""", """{"text": "a"} b""", null)]
    [InlineData("""{"text": "a" """, """{"text": "a" """, null)]
    [InlineData("""["text"]""", """["text"]""", null)]
    [InlineData("{}", "{}", null)]
    [InlineData("", "", null)]
    public void An_object_with_a_string_text_is_that_and_anything_else_is_text(string line, string text, string? pair)
    {
        var input = InputLines.Parse(line, "line 1", TextFormat.Auto);
        Assert.Equal((text, pair, null), (input.Text, input.Pair, input.Problem));
        Assert.Equal(line, InputLines.Parse(line, "line 1", TextFormat.Text).Text);
        var isObject = text != line || line.Length == 0;
        Assert.Equal(isObject, InputLines.Parse(line, "line 1", TextFormat.Jsonl).Problem is null);
    }

    [Fact]
    public void Half_a_surrogate_pair_stays_what_it_is() =>
        Assert.Equal("a\ud800b", InputLines.Parse("""{"text": "a\ud800b"}""", "line 1", TextFormat.Auto).Text);

    [Fact]
    public void JSON_of_any_depth_is_no_danger()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 100_000));
        Assert.Equal(deep, InputLines.Parse(deep, "line 1", TextFormat.Auto).Text);
        Assert.NotNull(InputLines.Parse(deep, "line 1", TextFormat.Jsonl).Problem);
    }

    private static TextInput[] Read(byte[] bytes, int piece, TextFormat format) => [.. new InputLines(new Pieces(bytes, piece), format).All()];

    /// <summary>Gives its bytes in small pieces, as pipes may.</summary>
    private sealed class Pieces(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, size));
    }
}
