using System.Globalization;

namespace GpuTransformer.Bench.Quality;

/// <summary>What a model answered under one encoding.</summary>
/// <param name="Measure">How good the answers are by themselves: right ones, perplexity.</param>
/// <param name="Answers">Ids or classes, an array an input.</param>
/// <param name="Vectors">Vectors of length 1; null where answers are ids.</param>
internal sealed record QualityResult(string Measure, IReadOnlyList<int[]> Answers, IReadOnlyList<float[]>? Vectors = null)
{
    /// <summary>How far they are the answers of float32.</summary>
    public string Agreement(QualityResult exact)
    {
        if (Vectors is not null)
        {
            var cosines = Vectors.Zip(exact.Vectors!, (a, b) => a.Zip(b, (x, y) => (double)x * y).Sum()).ToArray();
            return string.Create(CultureInfo.InvariantCulture, $"cosine {cosines.Average():0.00000}, least {cosines.Min():0.00000}");
        }

        var same = Answers.Zip(exact.Answers, (a, b) => a.AsSpan().SequenceEqual(b)).Count(equal => equal);
        var tokens = exact.Answers.Sum(answer => answer.Length);
        if (tokens == exact.Answers.Count)
        {
            return $"{same} of {Answers.Count} the same";
        }

        var before = Answers.Zip(exact.Answers, (a, b) => a.AsSpan().CommonPrefixLength(b)).Sum();
        return $"{same} of {Answers.Count} the same; {before} of {tokens} tokens before they part";
    }
}
