using Xunit;

namespace GpuTransformer.Bench.Tests.Quality;

/// <summary>Command lines and texts that leave nothing to measure are errors, not empty tables.</summary>
public sealed class QualityCommandTests : IDisposable
{
    private readonly string _text = Path.GetTempFileName();

    public void Dispose() => File.Delete(_text);

    [Theory]
    [InlineData("quality", "--model", "no-such-model")]
    [InlineData("quality", "--frob")]
    [InlineData("memory", "--runs", "0")]
    [InlineData("start", "--model", ".", "--runs", "0")]
    public async Task A_wrong_command_line_is_exit_code_2(params string[] args) =>
        Assert.Equal(BenchExit.Usage, await BenchCommands.Invoke(args));

    [Theory]
    [InlineData("bert-shakespeare", "")]
    [InlineData("bert-shakespeare", "\n \n")]
    [InlineData("gpt2-shakespeare", "")]
    public async Task A_text_without_words_is_exit_code_3(string model, string text)
    {
        File.WriteAllText(_text, text);
        Assert.Equal(BenchExit.InputOutput, await BenchCommands.Invoke(["quality", "--model", model, "--text", _text]));
    }

    [Fact]
    public async Task Lines_longer_than_the_model_are_cut()
    {
        File.WriteAllText(_text, string.Concat(Enumerable.Repeat("good my lord ", 100)));
        Assert.Equal(BenchExit.Ok, await BenchCommands.Invoke(["quality", "--model", "bert-shakespeare", "--text", _text]));
    }
}
