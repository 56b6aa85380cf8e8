using System.CommandLine;
using GpuTransformer.Kernels;
using GpuTransformer.Tasks;

namespace GpuTransformer.Cli.Text;

/// <summary>What commands over an encoder share: a folder, how texts become tokens, and one batch after another.</summary>
internal static class TaskCommand
{
    /// <summary>The folder argument.</summary>
    public static Argument<string> Folder() => new("FOLDER") { Description = "Model folder, or the name of a shipped model." };

    /// <summary>Makes such a command.</summary>
    /// <param name="command">Its name, description, and its own options, the folder argument first.</param>
    /// <param name="folder">The folder argument.</param>
    /// <param name="make">Loads the model and makes the work.</param>
    public static Command Create<TTask, TItem, TResult>(
        Command command,
        Argument<string> folder,
        Func<ParseResult, string, ComputeDevice, TokenizeOptions, TTask> make,
        Func<ParseResult, TTask, TextWork<TItem, TResult>> work)
        where TTask : TextTask
        where TItem : class
    {
        var length = new LengthOptions(command);
        var options = new TextOptions(command);
        command.SetAction(parsed =>
        {
            var request = options.Read(parsed);
            return DeviceOptions.Run(parsed, device =>
            {
                using var task = make(parsed, ShippedModels.Resolve(parsed.GetValue(folder)!), device, length.Read(parsed));
                return TextRun.Run(work(parsed, task), request);
            });
        });
        return command;
    }

    /// <summary>A whole number of at least 1.</summary>
    public static int Count(string option, int value) =>
        value >= 1 ? value : throw new ArgumentException($"{option} {value}: expected at least 1");

    /// <summary>An answer that JSON can write.</summary>
    /// <exception cref="InputException">A model that answers so is broken.</exception>
    public static float Finite(float value) => float.IsFinite(value)
        ? value
        : throw new InputException("the model's answer is not a finite number");
}
