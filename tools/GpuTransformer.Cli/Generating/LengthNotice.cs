using GpuTransformer.Generation;
using GpuTransformer.Models;

namespace GpuTransformer.Cli.Generating;

/// <summary>Says once, on standard error, that answers end where transformers' default length does and not by
/// themselves: neither the command line nor the folder says how long they may be.</summary>
internal sealed class LengthNotice(GenerativeModel model, GenerationOptions options)
{
    private bool _isSaid = !new GenerationSettings(options.Over(model.GenerationDefaults)).HasDefaultLength;

    /// <summary>Looks at answers.</summary>
    public void See(IReadOnlyList<GenerationResult> results) => See(results.Any(
        result => result.FinishReason == FinishReason.Length && result.NewTokens >= GenerationSettings.DefaultNewTokens));

    /// <summary>Looks at an answer that ended for its length or not.</summary>
    public void See(bool isCut)
    {
        if (isCut && !_isSaid)
        {
            Console.Error.WriteLine($"gputx: answers end after {GenerationSettings.DefaultNewTokens} new tokens, transformers' default; "
                + "--max-new-tokens N makes longer ones");
            _isSaid = true;
        }
    }
}
