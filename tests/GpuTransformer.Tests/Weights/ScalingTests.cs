using Xunit;
using Xunit.Sdk;

namespace GpuTransformer.Tests.Weights;

/// <summary>The check of growth itself: it tells what is quadratic from what is not.</summary>
public sealed class ScalingTests
{
    private long _steps;

    [Fact]
    public void LinearWorkIsWithinTheBound() => Scaling.OfTime(n => () => Count(100L * n), 5_000);

    [Fact]
    public void QuadraticWorkIsNot() => Assert.Throws<TrueException>(() => Scaling.OfTime(n => () => Count((long)n * n), 1_000));

    [Fact]
    public void TwiceTheBytesAreWithinTheBoundAndFourTimesAreNot()
    {
        Scaling.OfAllocation(n => () => _ = new byte[n], 10_000);
        Assert.Throws<TrueException>(() => Scaling.OfAllocation(n => () => _ = new byte[n * n], 1_000));
    }

    private void Count(long steps)
    {
        for (long i = 0; i < steps; i++)
        {
            _steps += i;
        }
    }
}
