using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GpuTransformer.Cli.Demo;
using GpuTransformer.Cli.Text;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx demo: every shipped model on real input, each answer compared with the recorded one.</summary>
internal static class DemoCommand
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Option<string[]> s_model = new("--model") { Description = "Only these models.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "One JSON object instead of tables." };
    private static readonly Option<FileInfo> s_picture = new("--picture") { Description = "Where the attention picture goes.", HelpName = "FILE.svg", DefaultValueFactory = _ => new FileInfo("gputx-attention.svg") };
    private static readonly Option<string> s_sentence = new("--sentence") { Description = "The sentence of the attention picture.", HelpName = "TEXT", DefaultValueFactory = _ => "my love is as a fever longing still" };
    private static readonly Option<int> s_layer = new("--layer") { Description = "Its layer, from 0.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_head = new("--head") { Description = "Its head, from 0.", HelpName = "N", DefaultValueFactory = _ => 0 };

    public static Command Create()
    {
        s_model.AcceptOnlyFromAmong([.. ShippedModels.Names]);
        var command = new Command("demo", "Run every shipped model and compare its answers with the recorded ones.")
        {
            s_model, s_asJson, s_picture, s_sentence, s_layer, s_head,
        };
        command.SetAction(parsed =>
        {
            using var interruption = new Interruption();
            return DeviceOptions.Run(parsed, device => Run(parsed, device, interruption.Token));
        });
        return command;
    }

    private static int Run(ParseResult parsed, ComputeDevice device, CancellationToken cancellation)
    {
        var asJson = parsed.GetValue(s_asJson);
        var console = asJson ? null : ReportConsole.Open();
        var context = new DemoContext(device, DeviceOptions.Loading(parsed), console, cancellation);
        var chosen = parsed.GetValue(s_model) is { Length: > 0 } names ? names : [.. ShippedModels.Names];
        using var picture = chosen.Contains("bert-shakespeare") ? OutputFile.Create(parsed.GetValue(s_picture)!.FullName) : null;
        console?.WriteLine($"{DeviceTraits.IlgpuDescription}; {device.Choice}");
        var results = new List<DemoResult>();
        foreach (var name in ShippedModels.Names.Where(chosen.Contains))
        {
            cancellation.ThrowIfCancellationRequested();
            results.Add(name switch
            {
                "vit-fashion" => ClothesDemo.Run(context),
                "gpt2-shakespeare" => VerseDemo.Run(context),
                "bert-shakespeare" => MaskDemo.Run(context),
                _ => PhonemesDemo.Run(context, name),
            });
        }

        var path = picture is null ? null : DrawAttention(parsed, device, picture);
        if (asJson)
        {
            var compiled = new { kernels = device.Kernels.Compiled.Kernels, seconds = device.Kernels.Compiled.Time.TotalSeconds };
            Console.WriteLine(JsonSerializer.Serialize(
                new
                {
                    ilgpu = DeviceTraits.IlgpuDescription,
                    device = device.Kernels.Traits.Name,
                    choice = device.Choice,
                    compiled,
                    picture = path,
                    models = results,
                },
                s_json));
        }

        if (console is not null)
        {
            WriteEnd(console, device.Kernels.Compiled, path);
        }

        var different = results.Where(r => !r.Equal).Select(r => r.Model).ToArray();
        if (different.Length > 0)
        {
            Console.Error.WriteLine($"gputx: answers differ from the recorded ones: {string.Join(", ", different)}");
        }

        return different.Length == 0 ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static void WriteEnd(IAnsiConsole console, CompileReport compiled, string? picture)
    {
        string[] lines = [.. compiled.Kernels > 0 ? [compiled.ToString()] : Array.Empty<string>(), .. picture is null ? [] : new[] { $"attention picture: {picture}" }];
        if (lines.Length > 0)
        {
            console.WriteLine();
            Array.ForEach(lines, console.WriteLine);
        }
    }

    private static string DrawAttention(ParseResult parsed, ComputeDevice device, OutputFile output)
    {
        var (layer, head) = (parsed.GetValue(s_layer), parsed.GetValue(s_head));
        using var model = (Bert)TransformerModel.Load(ShippedModels.Folder("bert-shakespeare"), device, DeviceOptions.Loading(parsed));
        if (layer < 0 || layer >= model.Config.NumHiddenLayers || head < 0 || head >= model.Config.NumAttentionHeads)
        {
            throw new ArgumentException(
                $"--layer {layer} --head {head}: the model has {model.Config.NumHiddenLayers} layers of {model.Config.NumAttentionHeads} heads");
        }

        var text = model.Tokenizer.Encode(parsed.GetValue(s_sentence)!);
        var weights = model.AttentionWeights(text.Ids, layer);
        var svg = AttentionPicture.Draw(
            $"bert-shakespeare, layer {layer}, head {head}", text.Tokens, (from, to) => weights[head, from, to]);
        output.Stream.Write(Encoding.UTF8.GetBytes(svg));
        output.Commit();
        return parsed.GetValue(s_picture)!.FullName;
    }
}
