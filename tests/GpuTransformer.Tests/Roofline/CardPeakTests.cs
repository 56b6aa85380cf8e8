using GpuTransformer.Diagnostics.Roofline;
using Xunit;

namespace GpuTransformer.Tests.Roofline;

/// <summary>Peaks by attributes, against the vendor's data sheets.</summary>
public class CardPeakTests
{
    // Attributes as CUDA's driver gives them; the sheets round.
    [Theory]
    [InlineData("H200", 90, 132, 1980, 3201, 6144, 67e12, 4.8e12)]
    [InlineData("A100 40 GB", 80, 108, 1410, 1215, 5120, 19.5e12, 1.555e12)]
    [InlineData("RTX 4090", 89, 128, 2520, 10501, 384, 82.6e12, 1.008e12)]
    [InlineData("V100", 70, 80, 1530, 877, 4096, 15.7e12, 0.9e12)]
    [InlineData("T4", 75, 40, 1590, 5001, 256, 8.1e12, 0.32e12)]
    public void Known_cards_have_the_peaks_of_their_data_sheets(
        string card, int capability, int multiprocessors, int clock, int memoryClock, int busBits, double flops, double bytes)
    {
        var peak = CardPeak.Of(capability, multiprocessors, clock, memoryClock, busBits);
        Assert.NotNull(peak);
        Assert.True(Math.Abs(peak.FlopsPerSecond / flops - 1) < 0.03, $"{card}: {peak.FlopsPerSecond}");
        Assert.True(Math.Abs(peak.BytesPerSecond / bytes - 1) < 0.03, $"{card}: {peak.BytesPerSecond}");
        Assert.Contains($"{multiprocessors} multiprocessors", peak.Origin);
    }

    [Theory]
    [InlineData(999, 1980, 3201, 6144)]
    [InlineData(90, 0, 3201, 6144)]
    [InlineData(90, 1980, 0, 6144)]
    [InlineData(90, 1980, 3201, 0)]
    public void An_unknown_card_or_a_silent_driver_has_no_peak(int capability, int clock, int memoryClock, int busBits) =>
        Assert.Null(CardPeak.Of(capability, 132, clock, memoryClock, busBits));

    [Fact]
    public void A_processor_has_no_peak_by_attributes()
    {
        using var device = new BenchDevice("cpu");
        Assert.Null(CardPeak.Of(device.Accelerator));
    }
}
