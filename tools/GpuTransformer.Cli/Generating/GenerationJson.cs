using System.Text.Json;
using GpuTransformer.Generation;

namespace GpuTransformer.Cli.Generating;

/// <summary>Parts of the JSON that generation gives out.</summary>
internal static class GenerationJson
{
    /// <summary>The ids of an answer as an array.</summary>
    public static void WriteIds(Utf8JsonWriter json, GenerationResult result)
    {
        json.WriteStartArray();
        foreach (var id in result.Ids)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
    }

    /// <summary>Numbers as an array.</summary>
    public static void WriteNumbers(Utf8JsonWriter json, IReadOnlyList<float> numbers)
    {
        json.WriteStartArray();
        foreach (var number in numbers)
        {
            WriteNumber(json, number);
        }

        json.WriteEndArray();
    }

    /// <summary>A number; JSON has no infinity, which is null.</summary>
    public static void WriteNumber(Utf8JsonWriter json, float number)
    {
        if (float.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
