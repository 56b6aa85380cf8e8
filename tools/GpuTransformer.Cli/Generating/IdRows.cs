using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Generation;
using GpuTransformer.Models;

namespace GpuTransformer.Cli.Generating;

/// <summary>Generation from ids to ids, without a tokenizer: one JSON object for all rows.</summary>
internal static class IdRows
{
    /// <summary>Reads a JSON array of rows of ids; one row may stand alone.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static int[][] Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var isOneRow = root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 && root[0].ValueKind == JsonValueKind.Number;
            var rows = isOneRow ? [root.Deserialize<int[]>()!] : root.Deserialize<int[][]>() ?? [];
            return rows.Length > 0 && rows.All(row => row is not null)
                ? rows
                : throw new ArgumentException("--ids: expected at least one row of ids");
        }
        catch (JsonException error)
        {
            throw new ArgumentException(
                $"--ids: expected JSON rows of ids such as [[1,2,3],[4,5]], found something else at byte {error.BytePositionInLine + 1}", error);
        }
    }

    /// <summary>Generates and writes {"ids", "scores"} as one line.</summary>
    public static int Run(GenerativeModel model, int[][] rows, GenerationOptions options, int batch, CancellationToken cancellation)
    {
        var results = new List<GenerationResult>();
        for (var start = 0; start < rows.Length; start += batch)
        {
            var part = rows[start..Math.Min(rows.Length, start + batch)];
            results.AddRange(model.Generate(
                [.. part.Select(row => Trim(row, options.PadTokenId))], [.. Enumerable.Range(start, part.Length)], options, cancellation));
        }

        new LengthNotice(model, options).See(results);
        using var output = OutputLines.Standard();
        output.Write([ReadableJson.Write(json => Write(json, results))]);
        return ExitCode.Ok;
    }

    private static void Write(Utf8JsonWriter json, List<GenerationResult> results)
    {
        json.WriteStartObject();
        json.WriteStartArray("ids");
        results.ForEach(result => GenerationJson.WriteIds(json, result));
        json.WriteEndArray();
        if (results[0].Score is not null)
        {
            json.WriteStartArray("scores");
            results.ForEach(result => GenerationJson.WriteNumber(json, result.Score!.Value));
            json.WriteEndArray();
        }

        if (results[0].LogProbs is not null)
        {
            json.WriteStartArray("logprobs");
            results.ForEach(result => GenerationJson.WriteNumbers(json, result.LogProbs!));
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    // Rows may differ in length; who fills them up all the same says with what.
    private static int[] Trim(int[] row, int? pad)
    {
        var (start, end) = (0, row.Length);
        while (start < end && row[start] == pad)
        {
            start++;
        }

        while (end > start && row[end - 1] == pad)
        {
            end--;
        }

        return row[start..end];
    }
}
