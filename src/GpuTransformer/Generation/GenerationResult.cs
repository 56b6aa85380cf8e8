namespace GpuTransformer.Generation;

/// <summary>Why a sequence ended.</summary>
public enum FinishReason
{
    /// <summary>It has as many tokens as it may have.</summary>
    Length,

    /// <summary>Its last token is a stop token.</summary>
    StopToken,

    /// <summary>Its last token completes a stop string.</summary>
    StopString,
}

/// <summary>One generated sequence.</summary>
/// <param name="Input">Which of the inputs it answers.</param>
/// <param name="Ids">A decoder's new tokens; of an encoder-decoder the whole target with its start token. A stop token that
/// was made is the last.</param>
/// <param name="NewTokens">How many of the ids were made.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Score">The beam's score: its log-probability over its number of new tokens to the power of the length
/// penalty; null without beams.</param>
/// <param name="LogProbs">The model's log-probability of each new token, before any rule; null unless asked for.</param>
public sealed record GenerationResult(
    int Input, IReadOnlyList<int> Ids, int NewTokens, FinishReason FinishReason, float? Score, IReadOnlyList<float>? LogProbs);

/// <summary>One token of a stream.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">The text that it completes; empty while a letter is not whole.</param>
/// <param name="LogProb">The model's log-probability of it, before any rule; null unless asked for.</param>
/// <param name="FinishReason">Why the answer ends with it; null: it does not.</param>
public sealed record GeneratedToken(int Id, string Text, float? LogProb, FinishReason? FinishReason);
