using System.Runtime.Intrinsics;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What registers do lane by lane: partial loads and stores, selections, sums; and the softmax's exponential.</summary>
public sealed unsafe class SimdLanesTests
{
    public static TheoryData<int> Widths => SimdWidths.All;

    [Theory]
    [MemberData(nameof(Widths))]
    public void PartialLoadsAndStoresTouchNothingElse(int bits)
    {
        Each(bits, new PartialAccess());
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SelectionsKeepTheirLanes(int bits)
    {
        Each(bits, new Selection());
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void NegatedMagnitudesStopAtTheLowest(int bits)
    {
        Each(bits, new NegatedMagnitude());
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ComparisonsTellTheLanes(int bits)
    {
        Each(bits, new Comparison());
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SumAndLargestCoverEveryLane(int bits)
    {
        Each(bits, new Reduction());
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SoftmaxExpIsWithinItsBound(int bits)
    {
        Each(bits, new Exponential());
    }

    private interface ICase
    {
        void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct;
    }

    private static void Each<TCase>(int bits, TCase test)
        where TCase : ICase
    {
        switch (bits)
        {
            case 512: test.Run<Simd512, Vector512<float>>(); break;
            case 256: test.Run<Simd256, Vector256<float>>(); break;
            default: test.Run<Simd128, Vector128<float>>(); break;
        }
    }

    private sealed class PartialAccess : ICase
    {
        public void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct
        {
            var source = stackalloc float[TSimd.Lanes];
            var loaded = stackalloc float[TSimd.Lanes];
            var stored = stackalloc float[TSimd.Lanes + 1];
            for (var count = 0; count <= TSimd.Lanes; count++)
            {
                for (var i = 0; i < TSimd.Lanes; i++)
                {
                    source[i] = i < count ? i + 1 : float.NaN;
                    stored[i] = -1;
                }

                stored[TSimd.Lanes] = -1;
                TSimd.Store(TSimd.LoadFirst(source, count), loaded);
                TSimd.StoreFirst(TSimd.Load(source), stored, count);
                for (var i = 0; i < TSimd.Lanes; i++)
                {
                    Assert.Equal(i < count ? i + 1 : 0, loaded[i]);
                    Assert.Equal(i < count ? i + 1 : -1, stored[i]);
                }

                Assert.Equal(-1, stored[TSimd.Lanes]);
            }
        }
    }

    private sealed class Selection : ICase
    {
        public void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct
        {
            var lanes = stackalloc float[TSimd.Lanes];
            for (var begin = -2; begin <= TSimd.Lanes + 2; begin++)
            {
                for (var end = -2; end <= TSimd.Lanes + 2; end++)
                {
                    TSimd.Store(TSimd.SelectRange(TSimd.Create(1), TSimd.Create(float.NaN), begin, end), lanes);
                    for (var i = 0; i < TSimd.Lanes; i++)
                    {
                        Assert.Equal(i >= begin && i < end ? 1 : float.NaN, lanes[i]);
                    }
                }
            }

            float[] x = [-1.5f, -1f, -0.5f, float.NaN, float.NegativeInfinity, 0.5f, 2.9f, -2f];
            float[] expected = [0f, 0.75f, 0.75f, float.NaN, 0f, 1.5f, 6f, 0f];
            for (var i = 0; i < x.Length; i++)
            {
                var value = TSimd.Create(float.IsNaN(x[i]) ? float.NaN : 1.5f);
                TSimd.Fraction(TSimd.Create(x[i]), out var whole);
                TSimd.Store(TSimd.ZeroBelow(TSimd.ScaleByFloor(value, whole), whole, TSimd.Create(-1)), lanes);
                Assert.Equal(expected[i], lanes[TSimd.Lanes - 1]);
            }
        }
    }

    private sealed class NegatedMagnitude : ICase
    {
        public void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct
        {
            var lanes = stackalloc float[TSimd.Lanes];
            float[] x = [1.5f, -1.5f, 2f, -2f, 2.5f, -2.5f, 0f, -0f, 1e-42f, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity];
            float[] expected = [-1.5f, -1.5f, -2f, -2f, -2f, -2f, -0f, -0f, -1e-42f, -2f, -2f, -2f];
            for (var i = 0; i < x.Length; i++)
            {
                TSimd.Store(TSimd.NegatedMagnitude(TSimd.Create(x[i]), TSimd.Create(-2f)), lanes);
                Assert.Equal(BitConverter.SingleToInt32Bits(expected[i]), BitConverter.SingleToInt32Bits(lanes[TSimd.Lanes - 1]));
            }

            TSimd.Store(TSimd.NegatedMagnitude(TSimd.Create(float.NaN), TSimd.Create(-2f)), lanes);
            Assert.True(float.IsNaN(lanes[0]) || lanes[0] == -2f);
        }
    }

    private sealed class Comparison : ICase
    {
        public void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct
        {
            float[] values = [1f, 2f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f];
            var lanes = stackalloc float[TSimd.Lanes];
            foreach (var left in values)
            {
                foreach (var right in values)
                {
                    // Lane 1 alone is left, the others are 3.
                    for (var i = 0; i < TSimd.Lanes; i++)
                    {
                        lanes[i] = i == 1 ? left : 3f;
                    }

                    var (a, b) = (TSimd.Load(lanes), TSimd.Create(right));
                    Assert.Equal(left == right, (TSimd.EqualLanes(a, b) & 2) != 0);
                    Assert.Equal(0u, TSimd.EqualLanes(a, b) & ~2u);
                    Assert.Equal(left > right, (TSimd.GreaterLanes(a, b) & 2) != 0);
                    Assert.Equal(3f > right, (TSimd.GreaterLanes(a, b) & 1) != 0);
                    Assert.Equal(0u, TSimd.GreaterLanes(a, b) >> TSimd.Lanes - 1 >> 1);
                    TSimd.Store(TSimd.NumbersOr(a, b), lanes);
                    Assert.Equal(float.IsNaN(left) ? right : left, lanes[1]);
                    Assert.Equal(3f, lanes[0]);
                }
            }
        }
    }

    private sealed class Reduction : ICase
    {
        public void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct
        {
            var lanes = stackalloc float[TSimd.Lanes];
            for (var hot = 0; hot < TSimd.Lanes; hot++)
            {
                for (var i = 0; i < TSimd.Lanes; i++)
                {
                    lanes[i] = i == hot ? 100 : -1;
                }

                Assert.Equal(100 - (TSimd.Lanes - 1), TSimd.Sum(TSimd.Load(lanes)));
                Assert.Equal(100, TSimd.Largest(TSimd.Load(lanes)));
                lanes[hot] = float.NaN;
                Assert.True(float.IsNaN(TSimd.Sum(TSimd.Load(lanes))));
            }
        }
    }

    private sealed class Exponential : ICase
    {
        public void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct
        {
            for (var t = SoftmaxExp.LowestPower; t < 4f; t += 0.00137f)
            {
                var expected = Math.Pow(2, t);
                var actual = SoftmaxExp.Power<TSimd, TVector>(t);
                Assert.True(Math.Abs(actual / expected - 1) <= 2.2e-7, $"2^{t:G9} = {actual:G9}, expected {expected:G9}");
            }

            for (var x = SoftmaxExp.Lowest; x < 3f; x += 0.00137f)
            {
                var expected = Math.Exp(x);
                var actual = TSimd.Largest(SoftmaxExp.Exp<TSimd, TVector>(TSimd.Create(x)));
                Assert.True(
                    Math.Abs(actual / expected - 1) <= 2.2e-7 + 8e-8 * Math.Abs(x), $"exp({x:G9}) = {actual:G9}, expected {expected:G9}");
            }

            for (var t = -125.9f; t <= -1f; t += 0.00137f)
            {
                var expected = Math.Pow(2, t);
                var actual = TSimd.Largest(SoftmaxExp.NormalPower<TSimd, TVector>(TSimd.Create(t)));
                Assert.True(Math.Abs(actual / expected - 1) <= 2.2e-7, $"2^{t:G9} = {actual:G9}, expected {expected:G9}");
            }

            // Just below a whole number the fraction may round to 1.
            Assert.InRange(SoftmaxExp.Power<TSimd, TVector>(-1e-9f), 1 - 1.2e-7f, 1 + 1.2e-7f);
            Assert.Equal(1f, SoftmaxExp.Power<TSimd, TVector>(0f));
            Assert.Equal(0.125f, SoftmaxExp.Power<TSimd, TVector>(-3f));
            Assert.Equal(0f, SoftmaxExp.Power<TSimd, TVector>(MathF.BitDecrement(SoftmaxExp.LowestPower)));
            Assert.Equal(0f, SoftmaxExp.Power<TSimd, TVector>(-1e30f));
            Assert.Equal(0f, SoftmaxExp.Power<TSimd, TVector>(float.NegativeInfinity));

            // Whatever a NaN's last bits are.
            foreach (var bits in new[] { 0x7FC00000u, 0xFFC00000u, 0x7FC00001u, 0x7FC00155u, 0xFFFFFFFFu })
            {
                Assert.True(float.IsNaN(SoftmaxExp.Power<TSimd, TVector>(BitConverter.UInt32BitsToSingle(bits))), $"{bits:x}");
            }
        }
    }
}
