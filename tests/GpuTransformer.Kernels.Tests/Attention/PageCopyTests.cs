using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuTransformer.Kernels.Tests;

public class PageCopyTests
{
    private const int Pages = 7;

    public static TheoryData<TestDeviceKind> Kinds => DeviceKinds.All;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PagesAreCopiedWholeAndNothingElseIsTouched(TestDeviceKind kind)
    {
        using var device = new TestDevice(kind);
        var sweep = new VariantSweep<PageCopyArgs>(device, device.Kernels.PageCopy);
        foreach (var elements in new[] { 16, 48, 16 * 37, 16 * 150, 17 })
        {
            // One page goes to two places; pages outside are passed over; the last copy is past the active count.
            Case(device, sweep, elements, [2, 0, 2, 6, 5, 3, 1, Pages, -1, 1, Pages, 1, 4, 1]);
        }

        sweep.AssertAllRan();
    }

    [Fact]
    public void WrongShapesAreRefusedByName()
    {
        using var device = new TestDevice(TestDeviceKind.Default);
        using var memory = device.Upload(new float[64]);
        using var table = device.Upload(new int[4]);
        var good = new PageCopyArgs
        {
            Keys = memory.View,
            Values = memory.View,
            CopyTable = table.View,
            Pages = 2,
            PageElements = 32,
            Copies = ActiveRows.Fixed(2),
        };
        Refused(good with { Keys = memory.View.SubView(0, 63) }, "keys needs 64 elements");
        Refused(good with { Pages = -1 }, "pages");
        Refused(good with { Values = memory.View.SubView(0, 63) }, "values needs 64 elements");
        Refused(good with { CopyTable = table.View.SubView(0, 3) }, "copyTable needs 4 elements");
        Refused(good with { PageElements = 0 }, "pageElements");
        Refused(good with { Copies = ActiveRows.Fixed(-1) }, "copies");

        void Refused(PageCopyArgs args, string part)
        {
            var error = Assert.Throws<ShapeException>(() => device.Kernels.PageCopy.Run(device.Stream, args));
            Assert.StartsWith("PageCopy: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static void Case(TestDevice device, VariantSweep<PageCopyArgs> sweep, int elements, int[] copies)
    {
        var keys = Data.Normal(Pages * elements, 1);
        var values = Data.Normal(Pages * elements, 2);
        var active = copies.Length / 2 - 1;
        var (expectedKeys, expectedValues) = (Copied(keys), Copied(values));
        using var table = device.Upload(copies);
        using var state = device.Upload([active]);
        GuardedPages? keyPages = null, valuePages = null;
        sweep.Each(
            () =>
            {
                (keyPages, valuePages) = (new GuardedPages(device, keys), new GuardedPages(device, values));
                return new PageCopyArgs
                {
                    Keys = keyPages.View,
                    Values = valuePages.View,
                    CopyTable = table.View,
                    Pages = Pages,
                    PageElements = elements,
                    Copies = ActiveRows.FromState(state.View, 0, copies.Length / 2),
                };
            },
            name =>
            {
                Assert.True(expectedKeys.SequenceEqual(keyPages!.Read()), name);
                Assert.True(expectedValues.SequenceEqual(valuePages!.Read()), name);
                keyPages.Dispose();
                valuePages.Dispose();
            });

        float[] Copied(float[] pages)
        {
            var result = pages.ToArray();
            for (var c = 0; c < active; c++)
            {
                var (from, to) = (copies[2 * c], copies[2 * c + 1]);
                if (from is >= 0 and < Pages && to is >= 0 and < Pages)
                {
                    pages.AsSpan(from * elements, elements).CopyTo(result.AsSpan(to * elements));
                }
            }

            return result;
        }
    }

    /// <summary>Pages with a guard after them.</summary>
    private sealed class GuardedPages : IDisposable
    {
        private const int Guard = 64;
        private readonly MemoryBuffer1D<float, Stride1D.Dense> _buffer;
        private readonly int _length;

        public GuardedPages(TestDevice device, float[] values)
        {
            _length = values.Length;
            _buffer = device.Upload([.. values, .. Enumerable.Repeat(-7.5f, Guard)]);
        }

        public ArrayView<float> View => _buffer.View.SubView(0, _length);

        public float[] Read()
        {
            var all = _buffer.GetAsArray1D();
            Assert.All(all[_length..], v => Assert.Equal(-7.5f, v));
            return all[.._length];
        }

        public void Dispose() => _buffer.Dispose();
    }
}
