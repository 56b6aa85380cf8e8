using System.Globalization;
using System.Text.Json;

namespace GpuTransformer.Kernels;

/// <summary>The file of tuned choices: one entry a device and kernel code.</summary>
internal static class TuningFile
{
    /// <summary>"off", or a file to read and write instead of the user's own.</summary>
    public const string Variable = "GPUTX_TUNING";

    private const int Format = 1;
    private const long MostBytes = 4 << 20;
    private const int MostDepth = 8;

    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        MaxDepth = MostDepth,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <summary>The file in the user's data folder, or the one that the environment names; null: to be ignored.</summary>
    public static string? UserPath => Environment.GetEnvironmentVariable(Variable) switch
    {
        "off" => null,
        { Length: > 0 } path => path,
        _ => Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "gputx",
            "tuning.json"),
    };

    /// <summary>The device as an entry names it: what decides how fast its kernels are, beside their code.</summary>
    public static string NameOf(DeviceTraits traits) => string.Create(
        CultureInfo.InvariantCulture,
        $"{traits.Kind} {traits.Name}, {traits.Multiprocessors} multiprocessors, capability {traits.ComputeCapability}, warp {traits.WarpSize}, group {traits.MaxGroupSize}");

    /// <summary>The choices for a device and this code; with a file that is not there, not readable or of other code, none
    /// and why.</summary>
    public static TuningTable Read(string path, DeviceTraits traits)
    {
        try
        {
            if (!File.Exists(path))
            {
                return TuningTable.None;
            }

            var mine = Load(path).Devices.Where(d => d.Device == NameOf(traits)).ToList();
            if (mine.Find(d => d.Kernels == KernelHash.Value) is { } entry)
            {
                return new TuningTable($"{entry.Choices.Count} {(entry.Choices.Count == 1 ? "choice" : "choices")} of {entry.Date} in {path}", entry.Choices.Select(Choice));
            }

            return mine.Count == 0
                ? TuningTable.None
                : new TuningTable($"the choices of {mine[^1].Date} in {path} are for other kernels: run gputx tune again", []);
        }
        catch (Exception error) when (IsUnusable(error))
        {
            return new TuningTable($"{path} cannot be used: {error.Message}", []);
        }
    }

    /// <summary>The file with this device's entry in the place of older ones; entries of other devices stay.</summary>
    /// <param name="path">The file as it is now; it may be missing, and one that cannot be used is begun anew.</param>
    /// <param name="traits">The device.</param>
    /// <param name="choices">Its choices.</param>
    /// <param name="date">When they were measured.</param>
    public static byte[] With(string path, DeviceTraits traits, IEnumerable<TunedChoice> choices, DateOnly date)
    {
        var others = new List<Entry>();
        try
        {
            if (File.Exists(path))
            {
                others = [.. Load(path).Devices.Where(d => d.Device != NameOf(traits))];
            }
        }
        catch (Exception error) when (IsUnusable(error))
        {
            others.Clear();
        }

        var entry = new Entry(
            NameOf(traits),
            KernelHash.Value,
            date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            [.. choices.Select(c => new StoredChoice(c.Operation, [c.Shape.Rows, c.Shape.Columns, c.Shape.Depth, c.Shape.Kind], c.Variant))]);
        return JsonSerializer.SerializeToUtf8Bytes(new Contents(Format, [.. others, entry]), s_options);
    }

    private static Contents Load(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > MostBytes)
        {
            throw new InvalidDataException($"{length:N0} bytes, more than {MostBytes:N0}");
        }

        var contents = JsonSerializer.Deserialize<Contents>(File.ReadAllBytes(path), s_options);
        if (contents is not { Format: Format, Devices: not null }
            || contents.Devices.Exists(d => d is not { Device: not null, Kernels: not null, Date: not null, Choices: not null })
            || contents.Devices.Exists(d => d.Choices.Exists(c => c is not { Operation: not null, Variant: not null, Shape.Count: 4 })))
        {
            throw new InvalidDataException("not a file of gputx tune");
        }

        return contents;
    }

    private static TunedChoice Choice(StoredChoice choice) =>
        new(choice.Operation, new ShapeClass(choice.Shape[0], choice.Shape[1], choice.Shape[2], choice.Shape[3]), choice.Variant);

    private static bool IsUnusable(Exception error) =>
        error is IOException or UnauthorizedAccessException or JsonException or InvalidDataException or NotSupportedException;

    private sealed record Contents(int Format, List<Entry> Devices);

    private sealed record Entry(string Device, string Kernels, string Date, List<StoredChoice> Choices);

    private sealed record StoredChoice(string Operation, List<int> Shape, string Variant);
}
