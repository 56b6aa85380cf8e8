using GpuTransformer.Tasks;
using GpuTransformer.Tokenizers;

namespace GpuTransformer.Cli.Text;

/// <summary>Work whose inputs are cut into tokens by a task.</summary>
internal abstract class TokenWork<TResult>(TextTask task) : TextWork<Tokenization, TResult>
{
    public override Tokenization Prepare(TextInput input) => task.Tokenize(input.Text, input.Pair);

    public override int LengthOf(Tokenization item) => item.Count;
}
