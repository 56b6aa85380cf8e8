using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using GpuTransformer.Cli;
using GpuTransformer.Cli.Commands;
using GpuTransformer.Kernels;

Console.OutputEncoding = Encoding.UTF8;
var root = new RootCommand("Transformer inference in C#: any GPU through ILGPU, a SIMD path on the CPU, nothing native shipped.")
{
    DeviceOptions.Device,
    DeviceOptions.Variant,
    DeviceOptions.Threads,
    DeviceOptions.Trace,
    DemoCommand.Create(),
    ForwardCommand.Create(),
    DevicesCommand.Create(),
    PlanCommand.Create(),
    TokensCommand.Create(),
    DecodeCommand.Create(),
    EmbedCommand.Create(),
    FillMaskCommand.Create(),
    ClassifyCommand.Create(),
    NerCommand.Create(),
    NeighboursCommand.Create(),
    GenerateCommand.Create(),
    GenerateCommand.CreateTranslate(),
    ChatCommand.Create(),
};

// A text that begins with @ is a text, not the name of a file with more arguments.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0)
{
    return Fail(ExitCode.Usage, $"{parsed.Errors[0].Message} (gputx --help lists the commands)");
}

if (Misspelt(parsed) is { } option)
{
    return Fail(ExitCode.Usage, $"{option}: there is no such option here (texts that begin with -- stand after a lone --)");
}

try
{
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
    return await parsed.InvokeAsync(configuration);
}
catch (OperationCanceledException)
{
    return Fail(ExitCode.Interrupted, "interrupted");
}
catch (DeviceException error)
{
    return Fail(ExitCode.Device, error.Message);
}
catch (GpuTransformerException error)
{
    return Fail(ExitCode.InputOutput, error.Message);
}
catch (ArgumentException error)
{
    return Fail(ExitCode.Usage, error.Message);
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException)
{
    return Fail(ExitCode.InputOutput, error.Message);
}

// A word with dashes that is no option would else be taken for a text.
static string? Misspelt(ParseResult parsed)
{
    var before = TokenType.Command;
    foreach (var token in parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash))
    {
        if (token.Type == TokenType.Argument && before != TokenType.Option && token.Value is ['-', '-', _, ..])
        {
            return token.Value;
        }

        before = token.Type;
    }

    return null;
}

static int Fail(int code, string message)
{
    Console.Error.WriteLine($"gputx: {message.ReplaceLineEndings(" ")}");
    return code;
}
