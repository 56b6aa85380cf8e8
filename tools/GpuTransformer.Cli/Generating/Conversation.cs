using GpuTransformer.Chat;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using Spectre.Console;

namespace GpuTransformer.Cli.Generating;

/// <summary>A conversation on a terminal: lines in, answers as they are made.</summary>
internal sealed class Conversation(GenerativeModel model, ChatTemplate template, string? system, GenerationOptions options)
{
    private ChatSession _session = new(model, template, system);

    /// <summary>Runs until the input ends, or /exit.</summary>
    public int Run(CancellationToken cancellation)
    {
        AnsiConsole.MarkupLine("[grey]/reset begins anew, /exit ends[/]");
        while (true)
        {
            AnsiConsole.Markup("[green]>[/] ");
            switch (Console.ReadLine())
            {
                case null or "/exit":
                    return ExitCode.Ok;
                case "/reset":
                    _session = new ChatSession(model, template, system);
                    break;
                case var line:
                    Answer(line, cancellation);
                    break;
            }
        }
    }

    private void Answer(string line, CancellationToken cancellation)
    {
        try
        {
            foreach (var token in _session.Say(line, options, cancellation))
            {
                AnsiConsole.Write(new Spectre.Console.Text(TerminalText.Plain(token.Text)));
            }

            AnsiConsole.WriteLine();
        }
        catch (InputException error)
        {
            // The conversation may have grown too long; what was said before is still there.
            AnsiConsole.MarkupLine($"[red]{Markup.Escape(TerminalText.Plain(error.Message))}[/]");
        }
    }
}
