using GpuTransformer.Diagnostics.Roofline;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Peers;

/// <content>SmolLM2-135M in 4 bits against llama.cpp on the same file.</content>
internal static partial class PeerRows
{
    private static IEnumerable<PeerRow> Llama()
    {
        const int Prompt = 128, New = 64;
        const double FileBytes = 98_362_432;
        var sizes = DecoderSizes.SmolLm2;
        var attended = 2.0 * sizes.Layers * sizes.NumHeads * sizes.HeadDim;
        var headWeights = (double)sizes.HiddenSize * sizes.VocabSize;
        foreach (var (tokens, target) in new[] { (16, 0.60), (128, 0.45), (512, 0.45) })
        {
            yield return Model(
                $"smollm2.prompt{tokens}",
                new Work(2 * (tokens * (sizes.Weights - headWeights) + headWeights) + attended * tokens * (tokens + 1), FileBytes, false),
                new LlamaPeer(tokens, 1, IsDecoding: false), new RowTarget(target),
                context => new PromptSide(SmolLm2.Load(context), tokens, everyRow: false), tokens);
        }

        var cached = sizeof(float) * sizes.KeysAndValues * (Prompt + New / 2.0);
        foreach (var (name, activations, target) in new[]
        {
            ("smollm2.decode64", ActivationEncoding.F32, 0.95), ("smollm2.decode64.int8", ActivationEncoding.Int8, 0.70),
        })
        {
            yield return Model(
                name, new Work(New * (2 * sizes.Weights + 2 * attended * (Prompt + New / 2.0)), New * (FileBytes + cached), IsMemoryBound: true),
                new LlamaPeer(Prompt, New, IsDecoding: true), new RowTarget(target),
                context => new DecodeSide(SmolLm2.Load(context, activations), Prompt, New));
        }
    }
}
