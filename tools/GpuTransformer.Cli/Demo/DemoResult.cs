using System.Text.Json.Serialization;
using GpuTransformer.Models;

namespace GpuTransformer.Cli.Demo;

/// <summary>What one model of the demo did.</summary>
internal sealed record DemoResult
{
    [JsonPropertyName("model")]
    public required string Model { get; init; }

    [JsonPropertyName("architecture")]
    public required string Architecture { get; init; }

    [JsonPropertyName("parameters")]
    public required long Parameters { get; init; }

    [JsonPropertyName("bytes")]
    public required long Bytes { get; init; }

    [JsonPropertyName("seconds")]
    public required double Seconds { get; init; }

    [JsonPropertyName("rate")]
    public required double Rate { get; init; }

    [JsonPropertyName("rate_unit")]
    public required string RateUnit { get; init; }

    /// <summary>Whether every answer equals the recorded one.</summary>
    [JsonPropertyName("equal")]
    public required bool Equal { get; init; }

    /// <summary>Largest difference of a recorded logit, over the largest recorded absolute value.</summary>
    [JsonPropertyName("largest_relative_difference")]
    public required double LargestRelativeDifference { get; init; }

    [JsonPropertyName("compared")]
    public required string Compared { get; init; }

    [JsonPropertyName("answers")]
    public required IReadOnlyList<DemoAnswer> Answers { get; init; }

    /// <summary>The result of a model.</summary>
    /// <param name="name">The shipped model's name.</param>
    /// <param name="model">The model.</param>
    /// <param name="seconds">Time of what was made.</param>
    /// <param name="made">How many were made.</param>
    /// <param name="unit">Of what, a second.</param>
    /// <param name="same">Whether the answers equal those recorded.</param>
    /// <param name="logits">How the logits compare.</param>
    /// <param name="compared">What was compared, for a person.</param>
    /// <param name="answers">Inputs and answers.</param>
    public static DemoResult Of(
        string name,
        TransformerModel model,
        double seconds,
        int made,
        string unit,
        bool same,
        RecordedLogits logits,
        string compared,
        IReadOnlyList<DemoAnswer> answers) => new()
        {
            Model = name,
            Architecture = model.Architecture,
            Parameters = model.Parameters,
            Bytes = model.CheckpointBytes,
            Seconds = seconds,
            Rate = made / seconds,
            RateUnit = unit,
            Equal = same && logits.Equal,
            LargestRelativeDifference = logits.LargestRelativeDifference,
            Compared = compared,
            Answers = answers,
        };
}

/// <summary>One input and what came out.</summary>
internal sealed record DemoAnswer(
    [property: JsonPropertyName("input")] string Input,
    [property: JsonPropertyName("output")] string Output,
    [property: JsonPropertyName("recorded")] string Recorded);
