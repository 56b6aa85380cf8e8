using System.CommandLine;
using GpuTransformer.Tasks;

namespace GpuTransformer.Cli.Text;

/// <summary>How texts become a model's tokens, as the options of a command say.</summary>
internal sealed class LengthOptions
{
    private readonly Option<bool> _truncate = new("--truncate") { Description = "Cut texts that are longer than the model. Without it they are an error." };
    private readonly Option<int?> _maxLength = new("--max-length") { Description = "Cut texts at this many tokens, special tokens included.", HelpName = "N" };
    private readonly Option<bool> _special = new("--special") { Description = "Let special tokens that stand in a text be those tokens; they are plain text otherwise." };

    /// <summary>Adds them to a command.</summary>
    public LengthOptions(Command command)
    {
        command.Add(_truncate);
        command.Add(_maxLength);
        command.Add(_special);
    }

    /// <summary>What the command line says.</summary>
    public TokenizeOptions Read(ParseResult parsed) => new()
    {
        Truncate = parsed.GetValue(_truncate),
        MaxLength = parsed.GetValue(_maxLength),
        AllowSpecial = parsed.GetValue(_special),
    };
}
