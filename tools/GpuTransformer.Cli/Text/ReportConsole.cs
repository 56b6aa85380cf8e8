using Spectre.Console;

namespace GpuTransformer.Cli.Text;

/// <summary>Where tables for people go.</summary>
internal static class ReportConsole
{
    private const int PipeWidth = 160;

    /// <summary>No colours and no guessed width where nobody looks at a terminal.</summary>
    public static IAnsiConsole Open(int pipeWidth = PipeWidth)
    {
        if (!Console.IsOutputRedirected)
        {
            return AnsiConsole.Console;
        }

        var plain = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        plain.Profile.Width = pipeWidth;
        return plain;
    }
}
