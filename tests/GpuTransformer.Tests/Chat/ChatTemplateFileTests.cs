using GpuTransformer.Chat;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using Xunit;

namespace GpuTransformer.Tests.Chat;

/// <summary>Where the template of a model folder is found.</summary>
public sealed class ChatTemplateFileTests
{
    private static readonly ChatMessage[] s_hello = [new("user", "hello")];

    [Fact]
    public void OfATokenizerConfig()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", """{"bos_token": {"content": "<b>", "lstrip": false}, "eos_token": "<e>", "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"}""");
        Assert.Equal("<b>hello<e>", Render(folder));
    }

    [Fact]
    public void AFileOfItsOwnWins()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", """{"eos_token": "<e>", "chat_template": "no"}""");
        folder.Write("chat_template.jinja", "yes {{ messages[0].content }}{{ eos_token }}\n");
        Assert.Equal("yes hello<e>", Render(folder));
    }

    [Fact]
    public void OfSeveralTheDefault()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", """{"chat_template": [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]}""");
        Assert.Equal("yes", Render(folder));
    }

    [Theory]
    [InlineData("""{"a": 1}""", "chat_template")]
    [InlineData("""{"chat_template": 3}""", "chat_template")]
    [InlineData("""{"chat_template": [{"name": "tool_use", "template": "no"}]}""", "default")]
    [InlineData("""{"chat_template": "{% nonsense %}"}""", "nonsense")]
    public void ErrorsNameThePlace(string config, string mention)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer_config.json", config);
        InputException error = Assert.Throws<InputException>(() => Render(folder));
        Assert.Contains(mention, error.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void OfAGguf()
    {
        ChatTemplate template = ChatTemplate.Load(Fixtures.Shared("real/smollm2"));
        Assert.Equal(
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n",
            string.Concat(template.Render(s_hello).Select(part => part.Text)));
        Assert.Equal("<|im_end|>", template.SpecialTokens["eos_token"]);
    }

    private static string Render(TemporaryFolder folder) =>
        string.Concat(ChatTemplate.Load(folder.Path).Render(s_hello).Select(part => part.Text));
}
