using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>What a verification found, as one document.</summary>
/// <param name="Machine">Where it ran.</param>
/// <param name="Extent">How much ran.</param>
/// <param name="Seed">Of the inputs: the same seed gives the same ones anywhere.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="DeviceError">What went wrong with the device; the results up to there stand. Null: nothing.</param>
/// <param name="Variants">Each variant of each operation.</param>
internal sealed record VerifyReport(
    MachineDescription Machine,
    SweepExtent Extent,
    ulong Seed,
    double Seconds,
    string? DeviceError,
    IReadOnlyList<VariantResult> Variants)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Where somebody ended the run; null: it ran to its end.</summary>
    public string? Interruption { get; init; }

    public int Passed => Count(VariantOutcome.Passed);

    public int Failed => Count(VariantOutcome.Failed);

    public int NotOnThisDevice => Count(VariantOutcome.NotOnThisDevice);

    public int NotReached => Count(VariantOutcome.NotReached);

    public int Cases => Variants.Sum(variant => variant.Cases);

    /// <summary>Why variants did not run that the device could run.</summary>
    public string WhyNotReached =>
        DeviceError is null && Interruption is null ? "no shape of this sweep suits them" : "the run ended before it came to them";

    /// <summary>Whether all that could run did, and was right.</summary>
    public bool AllRight => DeviceError is null && Interruption is null && Failed == 0 && NotReached == 0 && Passed > 0;

    /// <summary>Whether something is wrong with a kernel or the device: a run that was ended early is no fault.</summary>
    public bool IsFault => Failed > 0 || DeviceError is not null || (Interruption is null && !AllRight);

    /// <summary>The document for machines, and for whoever is sent it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>One line.</summary>
    public string Summary()
    {
        var text = new StringBuilder($"{Passed} of {Passed + Failed + NotReached} variants passed in {Cases:N0} batches, {Seconds:F1} s");
        text.Append(Failed > 0 ? $"; {Failed} failed" : "");
        text.Append(NotReached > 0 ? $"; {NotReached} did not run, {WhyNotReached}" : "");
        text.Append(NotOnThisDevice > 0 ? $"; {NotOnThisDevice} cannot run on this device" : "");
        return text.Append('.').ToString();
    }

    private int Count(VariantOutcome outcome) => Variants.Count(variant => variant.Outcome == outcome);
}
