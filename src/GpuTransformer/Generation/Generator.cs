using GpuTransformer.Kernels;

namespace GpuTransformer.Generation;

/// <summary>Runs a call of generation.</summary>
internal static class Generator
{
    /// <summary>All answers, those of an input together, best first.</summary>
    /// <exception cref="InputException">An option, an input, or a logit that is NaN.</exception>
    /// <exception cref="OperationCanceledException">Between two tokens.</exception>
    public static IReadOnlyList<GenerationResult> Run(
        GenerationTarget target, GenerationInputs inputs, GenerationOptions options, CancellationToken cancellation)
    {
        var call = new GenerationCall(target, inputs, options);
        if (call.Settings.NumBeams > 1)
        {
            using var beams = new BeamSearch(call);
            return beams.Run(cancellation);
        }

        using var search = new TokenSearch(call);
        while (search.Step(cancellation))
        {
        }

        return [.. search.Sequences.Select(s => call.Result(s.Input, s.Ids, s.Finished!.Value, null, s.LogProbs))];
    }

    /// <summary>The tokens of one answer as they are made. Options and input are checked before the first is asked for.</summary>
    /// <exception cref="InputException">Also: beams or several answers, which cannot be streamed.</exception>
    public static IEnumerable<StreamedId> Stream(
        GenerationTarget target, GenerationInputs inputs, GenerationOptions options, CancellationToken cancellation)
    {
        var call = new GenerationCall(target, inputs, options);
        if (call.Settings.NumBeams > 1 || call.Settings.NumReturnSequences > 1 || call.Prompts.Count > 1)
        {
            throw new InputException(
                $"num_beams {call.Settings.NumBeams}, num_return_sequences {call.Settings.NumReturnSequences}, "
                + $"{call.Prompts.Count} inputs: a stream is one answer to one input, without beams");
        }

        return Tokens(call, cancellation);
    }

    private static IEnumerable<StreamedId> Tokens(GenerationCall call, CancellationToken cancellation)
    {
        using var search = new TokenSearch(call);
        var sequence = search.Sequences[0];
        while (search.Step(cancellation))
        {
            yield return new(sequence.Ids[^1], call.Settings.KeepsLogProbs ? sequence.LogProbs[^1] : null, sequence.Finished);
        }
    }
}

/// <summary>A token of a stream.</summary>
/// <param name="Id">The token.</param>
/// <param name="LogProb">The model's log-probability of it; null unless asked for.</param>
/// <param name="Finished">Why the stream ends with it; null: it does not.</param>
internal readonly record struct StreamedId(int Id, float? LogProb, FinishReason? Finished);
