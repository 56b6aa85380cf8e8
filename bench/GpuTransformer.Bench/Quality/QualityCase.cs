using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;

namespace GpuTransformer.Bench.Quality;

/// <summary>A model and a way to measure it.</summary>
/// <param name="Model">What the table calls it.</param>
/// <param name="Folder">Where it is.</param>
/// <param name="Measure">Runs a model that is loaded.</param>
internal sealed record QualityCase(string Model, string Folder, Func<TransformerModel, QualityResult> Measure)
{
    /// <summary>Loads the model so and measures it.</summary>
    public (QualityResult Result, long PackedBytes, bool IsRounded) Run(ComputeDevice device, LoadOptions options)
    {
        using var model = TransformerModel.Load(Folder, device, options);
        var weights = model.Weights();
        var result = Measure(model);
        if (result.Answers.Count == 0 && result.Vectors is not [_, ..])
        {
            throw new InputException($"{Model}: the text is too short to be measured by");
        }

        return (result, weights.Where(w => !w.IsMapped).Sum(w => w.Bytes), weights.Any(w => w.Encoding.Contains(" x ", StringComparison.Ordinal)));
    }
}
