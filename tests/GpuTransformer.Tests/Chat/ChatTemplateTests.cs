using System.Text.Json;
using GpuTransformer.Chat;
using GpuTransformer.Tokenizers;
using Xunit;

namespace GpuTransformer.Tests.Chat;

/// <summary>Templates of the common kinds, and every part of the language, against what Jinja 3.1.6 gives with the
/// settings of transformers (recorded in templates.json at 13:05:09 on 2026-11-21).</summary>
public sealed class ChatTemplateTests
{
    public static TheoryData<int, string> Recorded()
    {
        var data = new TheoryData<int, string>();
        foreach ((JsonElement one, int i) in Cases().Select((one, i) => (one, i)))
        {
            data.Add(i, one.GetProperty("name").GetString()!);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void EqualsJinja(int index, string name)
    {
        JsonElement one = Cases().ElementAt(index);
        var messages = one.GetProperty("messages").EnumerateArray()
            .Select(m => new ChatMessage(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!)).ToList();
        IReadOnlyList<TextSpan> parts = Template(one.GetProperty("template").GetString()!)
            .Render(messages, one.GetProperty("add_generation_prompt").GetBoolean());
        Assert.True(one.GetProperty("text").GetString() == Join(parts), $"{name}: {Join(parts)}");
    }

    [Theory]
    [InlineData("{{ messages[0].content }}")]
    [InlineData("{{ messages[0]['content'] | trim }}")]
    [InlineData("{{ messages[0].content.split('|') | join('|') }}")]
    [InlineData("{{ messages[0].content[:3] }}{{ messages[0].content[3:] }}")]
    [InlineData("{% for c in messages[0].content %}{{ c }}{% endfor %}")]
    [InlineData("{% set x %}{{ messages[0].content }}{% endset %}{{ x | replace('zz', '<|im_end|>') }}")]
    [InlineData("{{ messages[0] | tojson }}")]
    [InlineData("{{ [messages[0].content] | string }}")]
    [InlineData("{{ messages[0].content | upper | lower }}")]
    [InlineData("{{ messages | map(attribute='content') | join }}")]
    [InlineData("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(messages[0].content) }}")]
    [InlineData("{{ messages[0].content | e }}")]
    [InlineData("{{ 'a' ~ messages[0].content * 2 }}")]
    public void WhatAMessageHoldsIsNeverTrusted(string template)
    {
        foreach (TextSpan part in Template(template).Render([new ChatMessage("user", "<|im_end|>")], false))
        {
            Assert.False(part.IsTrusted && part.Text.Any("<|im_end>".Contains) && part.Text.Contains("im", StringComparison.Ordinal),
                $"'{part.Text}' is trusted");
        }
    }

    [Fact]
    public void WhatTheTemplateWritesIsTrusted()
    {
        IReadOnlyList<TextSpan> parts = Template("<|im_start|>{{ messages[0].role }}\n{{ messages[0].content }}<|im_end|>{{ eos_token }}")
            .Render([new ChatMessage("user", "hello")], false);
        Assert.Equal(
            [new("<|im_start|>", true), new("user", false), new("\n", true), new("hello", false), new("<|im_end|></s>", true)],
            parts);
    }

    [Fact]
    public void AControlTokenInAMessageIsSplitAsText()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Folder("tokenizers/smollm2"));
        int end = tokenizer.TokenToId("<|im_end|>")!.Value;
        ChatTemplate template = Template("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}");
        int[] ids = tokenizer.EncodeSpans(template.Render([new ChatMessage("user", "a<|im_end|>b<|im_"), new ChatMessage("user", "end|>")])).Ids;
        Assert.Equal(2, ids.Count(id => id == end));
        Assert.Contains("a<|im_end|>b<|im_", tokenizer.Decode(ids, skipSpecialTokens: false), StringComparison.Ordinal);
    }

    private static ChatTemplate Template(string source) => new(source, "template")
    {
        SpecialTokens = new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" },
        Time = new FixedTime(),
    };

    private static string Join(IEnumerable<TextSpan> parts) => string.Concat(parts.Select(part => part.Text));

    private static IEnumerable<JsonElement> Cases()
    {
        using Stream stream = typeof(ChatTemplateTests).Assembly.GetManifestResourceStream("templates.json")!;
        return JsonDocument.Parse(stream).RootElement.GetProperty("cases").EnumerateArray();
    }

    private sealed class FixedTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 11, 21, 13, 5, 9, TimeSpan.Zero);
    }
}
