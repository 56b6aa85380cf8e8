using System.CommandLine;
using GpuTransformer.Models;
using GpuTransformer.Weights;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx forward: raw named tensors in, every output out. The way to compare with PyTorch.</summary>
internal static class ForwardCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Model folder with config.json and weights, a GGUF file or a folder that holds one, or the name of a shipped model." };
        var input = new Option<FileInfo>("--in") { Description = "Named input tensors (a prefix in. is taken off, out.* is ignored).", HelpName = "A.safetensors", Required = true };
        var output = new Option<FileInfo>("--out") { Description = "Where the outputs go, in float32.", HelpName = "B.safetensors", Required = true };
        var command = new Command("forward", "Run a model folder on raw named tensors.") { folder, input, output };
        command.SetAction(parsed => DeviceOptions.Run(parsed, device =>
        {
            using var file = OutputFile.Create(parsed.GetValue(output)!.FullName);
            var inputs = ForwardInputs.Read(parsed.GetValue(input)!.FullName);
            using var model = TransformerModel.Load(ShippedModels.Resolve(parsed.GetValue(folder)!), device, DeviceOptions.Loading(parsed));
            var outputs = model.Forward(inputs);
            var writer = new SafetensorsWriter();
            foreach (var tensor in outputs)
            {
                writer.Add(tensor.Name, tensor.Floats, [.. tensor.Shape]);
            }

            writer.Write(file.Stream);
            file.Commit();
            foreach (var tensor in outputs)
            {
                Console.WriteLine($"{tensor.Name} [{string.Join(", ", tensor.Shape)}]");
            }

            return ExitCode.Ok;
        }));
        return command;
    }
}
