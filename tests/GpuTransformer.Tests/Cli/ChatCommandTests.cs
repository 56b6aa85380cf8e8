using System.Text.Json;
using GpuTransformer.Chat;
using GpuTransformer.Generation;
using GpuTransformer.Models;
using Xunit;

namespace GpuTransformer.Tests.Cli;

/// <summary>gputx chat, with the shipped decoder and templates made for the test.</summary>
public sealed class ChatCommandTests : IDisposable
{
    private const string Template = "{% for m in messages %}{{ m.role | upper }}.\n{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}ASSISTANT.\n{% endif %}";
    private readonly ModelFolder _folder = ModelFolder.Copy(Fixtures.Model("gpt2-shakespeare"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_input_is_a_conversation()
    {
        File.WriteAllText(_folder.At("chat_template.jinja"), Template);
        var answers = await Lines("chat", _folder.Path, "Good morrow", "Farewell", "--system", "Be brief", "--max-new-tokens", "8");
        var same = await Lines("generate", _folder.Path, "SYSTEM.\nBe brief\nUSER.\nGood morrow\nASSISTANT.\n", "SYSTEM.\nBe brief\nUSER.\nFarewell\nASSISTANT.\n", "--max-new-tokens", "8");
        Assert.Equal(same, answers);
        Assert.Equal(2, answers.Count);
    }

    [Fact]
    public async Task Raw_is_what_generate_gives()
    {
        var raw = await Lines("chat", _folder.Path, "--raw", "ROMEO.\nBut soft", "--max-new-tokens", "8");
        Assert.Equal(await Lines("generate", _folder.Path, "ROMEO.\nBut soft", "--max-new-tokens", "8"), raw);
    }

    [Fact]
    public async Task A_conversation_remembers_what_was_said()
    {
        File.WriteAllText(_folder.At("chat_template.jinja"), Template);
        using var device = ComputeDevice.Open("cpu");
        using var model = (GenerativeModel)TransformerModel.Load(_folder.Path, device);
        var session = new ChatSession(model, "Be brief");
        var options = new GenerationOptions { MaxNewTokens = 6 };
        var first = string.Concat(session.Say("Good morrow", options).Select(token => token.Text));
        var second = string.Concat(session.Say("Farewell", options).Select(token => token.Text));
        Assert.Equal(["system", "user", "assistant", "user", "assistant"], session.Messages.Select(message => message.Role));
        Assert.Equal(first, session.Messages[2].Content);
        var whole = $"SYSTEM.\nBe brief\nUSER.\nGood morrow\nASSISTANT.\n{first}\nUSER.\nFarewell\nASSISTANT.\n";
        var line = Assert.Single(await Lines("generate", _folder.Path, whole, "--max-new-tokens", "6"));
        Assert.Equal(JsonDocument.Parse(line).RootElement.GetProperty("text").GetString(), second);
    }

    [Theory]
    [InlineData(null, 3, "chat_template")]
    [InlineData("{% include 'x' %}", 3, "'include'")]
    [InlineData("{{ raise_exception('no users') }}", 3, "no users")]
    [InlineData("{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}", 3, "steps")]
    public async Task What_is_wrong_with_a_template_is_said(string? template, int code, string mention)
    {
        if (template is not null)
        {
            File.WriteAllText(_folder.At("chat_template.jinja"), template);
        }

        var (found, output, error) = await Gputx.RunAsync("chat", _folder.Path, "hello");
        Assert.Equal(code, found);
        Assert.Contains(mention, error, StringComparison.Ordinal);
        Assert.Contains("--raw", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Empty(output);
    }

    [Fact]
    public async Task A_system_message_needs_a_template() => Assert.Equal(2, (await Gputx.RunAsync("chat", _folder.Path, "--raw", "--system", "x", "y")).Code);

    [Fact]
    public async Task A_conversation_longer_than_the_model_is_an_error()
    {
        File.WriteAllText(_folder.At("chat_template.jinja"), Template);
        foreach (var flags in new string[][] { [], ["--raw"] })
        {
            var (code, _, error) = await Gputx.RunAsync(["chat", _folder.Path, string.Concat(Enumerable.Repeat("word ", 2_000)), .. flags]);
            Assert.Equal(3, code);
            Assert.Contains("tokens", error, StringComparison.Ordinal);
            Assert.DoesNotContain("--truncate", error, StringComparison.Ordinal);
        }
    }

    private static async Task<List<string>> Lines(params string[] arguments)
    {
        var (code, output, error) = await Gputx.RunAsync(arguments);
        Assert.True(code == 0, error);
        return [.. output.TrimEnd('\n').Split('\n')];
    }
}
