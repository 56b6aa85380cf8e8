using System.CommandLine;
using GpuTransformer.Cli.Generating;
using GpuTransformer.Cli.Text;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx generate and gputx translate: texts continued by a decoder, or answered by an encoder-decoder.</summary>
internal static class GenerateCommand
{
    private const string Folders = "Model folder, a GGUF file, or the name of a shipped model.";

    /// <summary>gputx generate.</summary>
    public static Command Create()
    {
        var ids = new Option<string?>("--ids")
        {
            Description = "Rows of ids instead of texts (an encoder-decoder's source); needs no tokenizer. Gives one JSON object {\"ids\", \"scores\"}: "
                + "new tokens of a decoder, the whole target of an encoder-decoder; scores with beams.",
            HelpName = "[[1,2,3],[4,5]]",
        };
        return Create("generate", "Continue texts, or answer them with an encoder-decoder. A JSON line is {\"ids\", \"text\"}, with several answers "
            + "{\"candidates\": [{\"ids\", \"text\", \"score\"}]}. Example: gputx generate gpt2-shakespeare \"ROMEO.\" --max-new-tokens 40", ids, _ => { });
    }

    /// <summary>gputx translate.</summary>
    public static Command CreateTranslate() => Create(
        "translate",
        "Turn texts into other texts with an encoder-decoder: translations, summaries, phonemes. T5's prefixes are part of the text. "
        + "Example: gputx translate g2p \"attention\" --num-beams 4",
        null,
        model =>
        {
            if (!model.IsEncoderDecoder)
            {
                throw new InputException($"{model.Folder}: {model.Architecture} has no encoder; gputx generate continues texts with it");
            }
        });

    private static Command Create(string name, string description, Option<string?>? ids, Action<GenerativeModel> check)
    {
        var folder = new Argument<string>("FOLDER") { Description = Folders };
        var special = new Option<bool>("--special") { Description = "Special tokens that are written in a text are those tokens; else they are plain text." };
        var truncate = new Option<bool>("--truncate") { Description = "Cut a text that is too long: a decoder's prompt at its start, a source at its end." };
        var command = new Command(name, description) { folder };
        if (ids is not null)
        {
            command.Add(ids);
        }

        var flags = new GenerationFlags(command);
        command.Add(special);
        command.Add(truncate);
        var texts = new TextOptions(command);
        command.SetAction(parsed =>
        {
            var options = flags.Read(parsed);
            var request = texts.Read(parsed);
            var rows = ids is not null && parsed.GetValue(ids) is { } given ? IdRows.Parse(given) : null;
            if (rows is not null && (request.Texts.Length > 0 || request.File is not null))
            {
                throw new ArgumentException("--ids and texts: expected one of the two");
            }

            return DeviceOptions.Run(parsed, device =>
            {
                using var model = Load(ShippedModels.Resolve(parsed.GetValue(folder)!), device, DeviceOptions.Loading(parsed) with { ReadsTokenizer = rows is null });
                check(model);
                using var interruption = new Interruption();
                return rows is not null
                    ? IdRows.Run(model, rows, options, request.Batch, interruption.Token)
                    : Run(model, options, request, parsed.GetValue(special), parsed.GetValue(truncate), interruption.Token);
            });
        });
        return command;
    }

    /// <summary>Loads a model that writes.</summary>
    internal static GenerativeModel Load(string folder, ComputeDevice device, LoadOptions options)
    {
        var model = TransformerModel.Load(folder, device, options);
        if (model is GenerativeModel generative)
        {
            return generative;
        }

        var architecture = model.Architecture;
        model.Dispose();
        throw new InputException($"{folder}: {architecture} does not write texts");
    }

    private static int Run(
        GenerativeModel model, GenerationOptions options, TextRequest request, bool special, bool truncate, CancellationToken cancellation)
    {
        // A folder without tokenizer is no fault of the first text.
        _ = (model.SourceTokenizer, model.TargetTokenizer);
        var encode = new PromptEncoder(model, options, special, truncate);
        return !request.AsJson && request.Texts is [var text] && CanStream(model, options)
            ? Stream(model, options, encode.Encode(InputLines.Parse(text, "argument 1", request.Format)), text, cancellation)
            : TextRun.Run(new GenerationWork(model, options, encode.Encode, new LengthNotice(model, options)), request, cancellation);
    }

    /// <summary>Whether there is one answer, made token by token.</summary>
    internal static bool CanStream(GenerativeModel model, GenerationOptions options) =>
        (options.NumBeams ?? model.GenerationDefaults.NumBeams ?? 1) == 1
        && (options.NumReturnSequences ?? model.GenerationDefaults.NumReturnSequences ?? 1) == 1;

    /// <summary>One answer, on a terminal, as it is made.</summary>
    private static int Stream(GenerativeModel model, GenerationOptions options, PromptItem prompt, string text, CancellationToken cancellation)
    {
        AnsiConsole.Write(new Spectre.Console.Text(TerminalText.Plain(text), new Style(decoration: Decoration.Bold)));
        if (model.IsEncoderDecoder)
        {
            AnsiConsole.WriteLine();
        }

        var isStopped = false;
        foreach (var token in model.Stream(prompt.Ids, options, cancellation))
        {
            isStopped = token.FinishReason is not null and not FinishReason.Length;
            AnsiConsole.Write(new Spectre.Console.Text(TerminalText.Plain(token.Text)));
        }

        AnsiConsole.WriteLine();
        new LengthNotice(model, options).See(!isStopped);
        return ExitCode.Ok;
    }
}
