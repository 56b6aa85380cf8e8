using Xunit;

namespace GpuTransformer.Tests.Devices;

/// <summary>Which of several devices of a kind is taken where no number is given.</summary>
public class ComputeDeviceChoiceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(0, true, true)]
    [InlineData(1, true, false)]
    [InlineData(2, true, true, false, false)]
    [InlineData(0, false, true)]
    public void A_graphics_card_comes_before_a_processor(int expected, params bool[] areProcessors) =>
        Assert.Equal(expected, ComputeDevice.FirstChoice(areProcessors));
}
