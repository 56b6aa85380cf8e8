using System.CommandLine;
using GpuTransformer.Kernels;

namespace GpuTransformer.Cli.Text;

/// <summary>The arguments and options that every text command has, and what a command line says of them.</summary>
internal sealed class TextOptions
{
    private const int DefaultBatch = 32;
    private const int LargestBatch = 1 << 16;
    private const string JsonTexts = "Texts. None: lines of --file, or of standard input. A JSON object with a string \"text\" (and perhaps \"pair\") is that.";

    private readonly Argument<string[]> _texts;

    private readonly Option<string?> _file = new("--file") { Description = "Lines of this file are the inputs; - is standard input.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "A JSON line an input, also on a terminal. Not on a terminal this is so anyway." };
    private readonly Option<bool> _keepGoing = new("--keep-going") { Description = "A bad input gives {\"error\": …} in its place; exit code 3 at the end." };

    private readonly Option<string> _input = new("--input")
    {
        Description = "How lines are understood: auto (JSON objects with a string \"text\", anything else is text), text, or jsonl.",
        HelpName = "auto|text|jsonl",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<int> _batch = new("--batch")
    {
        Description = "Inputs that run together; those of like length are chosen.",
        HelpName = "N",
        DefaultValueFactory = _ => DefaultBatch,
    };

    /// <summary>Adds them to a command. Call it after the command's own arguments and options are made known.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasFormat">Whether lines may be JSON objects; else each is taken as it stands.</param>
    /// <param name="hasBatch">Whether inputs run together.</param>
    /// <param name="name">What the inputs are called where they are no texts.</param>
    /// <param name="description">What they are.</param>
    public TextOptions(Command command, bool hasFormat = true, bool hasBatch = true, string name = "TEXT", string description = JsonTexts)
    {
        _texts = new Argument<string[]>(name)
        {
            Description = description,
            Arity = ArgumentArity.ZeroOrMore,
            DefaultValueFactory = _ => [],
        };
        _input.AcceptOnlyFromAmong("auto", "text", "jsonl");
        command.Add(_texts);
        command.Add(_file);
        if (hasFormat)
        {
            command.Add(_input);
        }

        command.Add(_json);
        if (hasBatch)
        {
            command.Add(_batch);
        }

        command.Add(_keepGoing);
        HasFormat = hasFormat;
        HasBatch = hasBatch;
    }

    private bool HasFormat { get; }

    private bool HasBatch { get; }

    /// <summary>What the command line says.</summary>
    /// <exception cref="ArgumentException">It contradicts itself.</exception>
    public TextRequest Read(ParseResult parsed)
    {
        DeviceOptions.SetThreads(parsed);
        var texts = parsed.GetValue(_texts) ?? [];
        var file = parsed.GetValue(_file);
        if (texts.Length > 0 && file is not null)
        {
            throw new ArgumentException("texts are given as arguments and by --file: expected one of the two");
        }

        var batch = HasBatch ? parsed.GetValue(_batch) : DefaultBatch;
        if (batch is < 1 or > LargestBatch)
        {
            throw new ArgumentException($"--batch {batch}: expected 1 to {LargestBatch}");
        }

        var format = !HasFormat ? TextFormat.Text : Enum.Parse<TextFormat>(parsed.GetValue(_input)!, ignoreCase: true);
        return new TextRequest(
            texts, file, format, parsed.GetValue(_json) || Console.IsOutputRedirected, batch, parsed.GetValue(_keepGoing));
    }
}

/// <summary>What a command line asks of a text command.</summary>
/// <param name="Texts">Texts that stand on it.</param>
/// <param name="File">A file of lines; null: standard input where there are no texts.</param>
/// <param name="Format">How lines are understood.</param>
/// <param name="AsJson">JSON lines, else for people.</param>
/// <param name="Batch">Inputs that run together.</param>
/// <param name="KeepGoing">Whether bad inputs are passed over.</param>
internal sealed record TextRequest(string[] Texts, string? File, TextFormat Format, bool AsJson, int Batch, bool KeepGoing)
{
    /// <summary>Whether answers depend on all inputs, which are then read to the end first.</summary>
    public bool ReadsAllFirst { get; init; }

    /// <summary>Opens the inputs.</summary>
    /// <exception cref="InputException">The file cannot be opened.</exception>
    public TextSource Open()
    {
        if (Texts.Length > 0)
        {
            var format = Format;
            return new TextSource(Texts.Select((text, i) => InputLines.Parse(text, $"argument {i + 1}", format)));
        }

        if (File is null or "-")
        {
            if (!Console.IsInputRedirected)
            {
                Console.Error.WriteLine("gputx: reading lines from the terminal; Ctrl-D (Windows: Ctrl-Z, Enter) ends them");
            }

            return new TextSource(new InputLines(Console.OpenStandardInput(), Format).All());
        }

        try
        {
            var stream = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return new TextSource(new InputLines(stream, Format).All(), stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"--file {File}: cannot be read: {error.Message}", error);
        }
    }
}
