using System.CommandLine;
using GpuTransformer.Chat;
using GpuTransformer.Cli.Generating;
using GpuTransformer.Cli.Text;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx chat: a conversation on a terminal; elsewhere each input is a conversation of its own.</summary>
internal static class ChatCommand
{
    private const int UsualAnswer = 256;
    private const string WayAround = "(--raw takes texts as they stand, without a template)";

    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Model folder or GGUF file with a chat template." };
        var system = new Option<string?>("--system") { Description = "What the model is told before the first message. Default: what the template says.", HelpName = "TEXT" };
        var raw = new Option<bool>("--raw") { Description = "No template: the text as it stands, for models whose template is not understood." };
        var special = new Option<bool>("--special") { Description = "Special tokens that are written in a text are those tokens; else they are plain text." };
        var command = new Command(
            "chat",
            "Talk with a model by its chat template. On a terminal, without texts, a conversation: /reset begins anew, /exit ends it. "
            + $"Else each input is a conversation of its own. Answers have at most {UsualAnswer} tokens where nothing else is said. Example: gputx chat SmolLM2-135M-Instruct \"What is gravity?\"")
        {
            folder,
            system,
            raw,
            special,
        };
        var flags = new GenerationFlags(command);
        var texts = new TextOptions(command);
        command.SetAction(parsed =>
        {
            var options = flags.Read(parsed);
            var request = texts.Read(parsed);
            if (parsed.GetValue(raw) && parsed.GetValue(system) is not null)
            {
                throw new ArgumentException("--raw and --system: without a template there is no place for a system message");
            }

            return DeviceOptions.Run(parsed, device =>
            {
                using var model = GenerateCommand.Load(ShippedModels.Resolve(parsed.GetValue(folder)!), device, DeviceOptions.Loading(parsed) with { ReadsTokenizer = true });
                using var interruption = new Interruption();
                options = WithLength(model, options);
                var template = parsed.GetValue(raw) ? null : Template(model.Folder);
                return template is not null && !request.AsJson && request.Texts.Length == 0 && request.File is null && !Console.IsInputRedirected
                    ? new Conversation(model, template, parsed.GetValue(system), options).Run(interruption.Token)
                    : Run(model, template, parsed.GetValue(system), parsed.GetValue(special), options, request, interruption.Token);
            });
        });
        return command;
    }

    private static int Run(
        GenerativeModel model,
        ChatTemplate? template,
        string? system,
        bool special,
        GenerationOptions options,
        TextRequest request,
        CancellationToken cancellation)
    {
        var plain = new PromptEncoder(model, options, special, truncate: false);
        ChatMessage[] before = system is null ? [] : [new ChatMessage("system", system)];
        return TextRun.Run(new GenerationWork(model, options, Encode, new LengthNotice(model, options)), request, cancellation);

        PromptItem Encode(TextInput input)
        {
            var text = PromptEncoder.TextOf(input);
            return plain.Take(template is null ? model.Encode(text, special) : Cut(template, text), input.Number);
        }

        int[] Cut(ChatTemplate by, string text)
        {
            try
            {
                return by.Encode(model.Tokenizer, [.. before, new ChatMessage("user", text)], special);
            }
            catch (InputException error)
            {
                throw new InputException($"{error.Message} {WayAround}", error);
            }
        }
    }

    private static ChatTemplate Template(string folder)
    {
        try
        {
            return ChatTemplate.Load(folder);
        }
        catch (InputException error)
        {
            throw new InputException($"{error.Message} {WayAround}", error);
        }
    }

    // Twenty tokens, transformers' default, are no answer.
    private static GenerationOptions WithLength(GenerativeModel model, GenerationOptions options) =>
        new GenerationSettings(options.Over(model.GenerationDefaults)).HasDefaultLength
            ? options with { MaxNewTokens = Math.Min(UsualAnswer, Math.Max(1, model.MaxTargetLength / 2)) }
            : options;
}
