using System.Text.Json;

namespace GpuTransformer.Bench.Children;

/// <summary>What a process that ended well has written.</summary>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
/// <param name="From">When it was asked for, UTC.</param>
/// <param name="Time">From then until its output had ended.</param>
internal sealed record ChildOutput(string Output, string Errors, DateTime From, TimeSpan Time)
{
    /// <summary>The last line of its output that is not empty, as a JSON object.</summary>
    /// <exception cref="ChildException">It is none.</exception>
    public JsonElement Json()
    {
        var line = Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(line) is { ValueKind: JsonValueKind.Object } json ? json : throw Unlike(line);
        }
        catch (JsonException)
        {
            throw Unlike(line);
        }
    }

    /// <summary>A number of an answer, which is above 0.</summary>
    /// <exception cref="ChildException">There is none.</exception>
    public static double Number(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and var number
            ? number
            : throw new ChildException($"expected a number {name} above 0, found '{ChildProcess.Cut(answer.GetRawText())}'");

    private static ChildException Unlike(string line) => new($"expected a line of JSON, found '{ChildProcess.Cut(line)}'");
}
