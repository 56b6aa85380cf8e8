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
    public void SumAndLargestCoverEveryLane(int bits)
    {
        Each(bits, new Reduction());
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void SoftmaxPowerIsWithinOneAndAHalfUlp(int bits)
    {
        Each(bits, new Power());
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

            float[] x = [-1.5f, -1f, -0.5f, float.NaN, float.NegativeInfinity, float.PositiveInfinity, 0f, -2f];
            float[] expected = [0f, 7f, 7f, 7f, 0f, 7f, 7f, 0f];
            for (var i = 0; i < x.Length; i++)
            {
                TSimd.Store(TSimd.ZeroBelow(TSimd.Create(7), TSimd.Create(x[i]), TSimd.Create(-1)), lanes);
                Assert.Equal(expected[i], lanes[TSimd.Lanes - 1]);
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

    private sealed class Power : ICase
    {
        public void Run<TSimd, TVector>()
            where TSimd : ISimd<TVector>
            where TVector : struct
        {
            for (var t = -126f; t < 3f; t += 0.00137f)
            {
                var expected = Math.Pow(2, t);
                var ulp = MathF.BitIncrement((float)expected) - (float)expected;
                var actual = SoftmaxExp.Power<TSimd, TVector>(t);
                Assert.True(Math.Abs(actual - expected) <= 1.5 * ulp, $"2^{t:G9} = {actual:G9}, expected {expected:G9}");
            }

            Assert.Equal(1f, SoftmaxExp.Power<TSimd, TVector>(0f));
            Assert.Equal(0f, SoftmaxExp.Power<TSimd, TVector>(MathF.BitDecrement(SoftmaxExp.Lowest)));
            Assert.Equal(0f, SoftmaxExp.Power<TSimd, TVector>(-1e30f));
            Assert.Equal(0f, SoftmaxExp.Power<TSimd, TVector>(float.NegativeInfinity));
            Assert.True(float.IsNaN(SoftmaxExp.Power<TSimd, TVector>(float.NaN)));
        }
    }
}
