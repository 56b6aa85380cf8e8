using System.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Weights.Json;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Keys of large inner objects are hashed, not sorted: what is the same is still found.</summary>
public class JsonKeySetTests
{
    private static readonly string s_long = new('k', 400);

    [Theory]
    [InlineData("\"key7\":0")]
    [InlineData("\"\\u006bey7\":0")]
    [InlineData("\"k\\u0065y12\":0")]
    public void A_key_that_stands_twice_is_refused_however_it_is_written(string again)
    {
        var keys = Enumerable.Range(0, 100).Select(i => $"\"key{i}\":{i}").Append(again);
        var error = Assert.Throws<InputException>(() => Check(keys));
        Assert.Contains("stands twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_keys_that_begin_alike_are_told_apart_and_found_again()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => $"\"{s_long}{i}\":{i}").ToArray();
        Check(keys);
        Assert.Throws<InputException>(() => Check([.. keys, $"\"{s_long}500\":0"]));
    }

    [Fact]
    public void Keys_that_differ_by_a_zero_letter_alone_are_two()
    {
        Check(Enumerable.Range(0, 100).Select(i => $"\"{i}\":0").Append("\"7\\u0000\":0").Append("\"\":0").Append("\"\\u0000\":0"));
        var escapes = Enumerable.Range(0, 255).Select(n => $"\"{new string('x', n)}\":0").Concat(
            Enumerable.Range(0, 255).Select(n => $"\"{new string('x', n)}\\n\":0"));
        Check(escapes);
        Assert.Throws<InputException>(() => Check([.. escapes, $"\"{new string('x', 254)}\\u000a\":0"]));
    }

    private static void Check(IEnumerable<string> keys) => JsonText.Check(
        Encoding.UTF8.GetBytes($"{{\"outer\":{{{string.Join(",", keys)}}}}}"), "text");
}
