using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Graph;

/// <summary>Pages follow their sequences: whatever is appended, forked, reordered and ended, each sequence finds what was
/// written for it, and memory follows what is held.</summary>
public sealed class PageCacheTests
{
    private const int Sequences = 5;
    private const int MaxLength = 70;

    [Theory]
    [InlineData(null)]
    [InlineData(VariantKind.Naive)]
    [InlineData(VariantKind.Group)]
    public void Each_sequence_keeps_what_was_written_for_it(VariantKind? variant)
    {
        using var device = ComputeDevice.Open("cpu", variant);
        for (var seed = 0; seed < 6; seed++)
        {
            using var cache = new Cache(device, begin: 2);
            var random = new Random(seed);
            cache.Fork([]);
            for (var step = 0; step < 25; step++)
            {
                if (cache.Texts.Count > 0 && random.Next(3) == 0)
                {
                    cache.Fork([.. Enumerable.Range(0, random.Next(1, Sequences + 1)).Select(_ => random.Next(cache.Texts.Count))]);
                }
                else if (cache.Texts.Count < 2)
                {
                    cache.Begin();
                }

                cache.Append(random.Next(1, 5) == 1 ? 20 : random.Next(1, 4));
                cache.Check();
            }

            cache.Fork([]);
            Assert.Equal(0, cache.Pages.PagesInUse);
        }
    }

    [Fact]
    public void Copies_share_all_but_the_page_that_they_write()
    {
        using var device = ComputeDevice.Open("cpu");
        using var cache = new Cache(device, begin: 1);
        cache.Begin();
        cache.Append(40);
        Assert.Equal(3, cache.Pages.PagesInUse);
        cache.Fork([0, 0, 0, 0]);
        Assert.Equal(3, cache.Pages.PagesInUse);
        cache.Append(1);
        Assert.Equal(6, cache.Pages.PagesInUse);
        cache.Check();
        cache.Fork([2]);
        Assert.Equal(3, cache.Pages.PagesInUse);
        cache.Check();
    }

    [Fact]
    public void Memory_follows_what_is_held()
    {
        using var device = ComputeDevice.Open("cpu");
        using var cache = new Cache(device, begin: 1);
        var page = cache.Store.Bytes;
        cache.Begin();
        cache.Append(16);
        Assert.Equal(page, cache.Store.Bytes);
        cache.Append(16);
        cache.Append(1);
        Assert.InRange(cache.Store.Bytes, 3 * page, 5 * page);
        cache.Check();
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = ComputeDevice.Open("cpu");
        using var cache = new Cache(device, begin: 1);
        cache.Begin();
        Assert.Contains("81 more", Assert.Throws<ShapeException>(() => cache.Pages.Append(0, 81)).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => cache.Pages.Reorder([1]));
        cache.Fork([0, 0, 0, 0, 0]);
        Assert.Contains("5 sequences", Assert.Throws<ShapeException>(() => cache.Pages.Begin()).Message, StringComparison.Ordinal);
    }

    /// <summary>A program that only writes keys and values of two layers, and what each sequence should hold.</summary>
    private sealed class Cache : IDisposable
    {
        private readonly KeySpace _space;
        private readonly RowSpace _rows;
        private readonly IntTable _writes;
        private readonly GraphTensor _input;
        private readonly Session _session;
        private readonly LayerKeys[] _layers;
        private float _next = 1;

        public Cache(ComputeDevice device, int begin)
        {
            var graph = new GraphBuilder("test");
            var perSequence = (MaxLength + 15) / 16;
            _rows = graph.Rows("tokens", Sequences * MaxLength);
            _writes = graph.Table("writes", Sequences * MaxLength * 2);
            _space = graph.Keys("keys", Sequences, MaxLength, Sequences * perSequence);
            _input = graph.Input("input", _rows, 4);
            _layers =
            [
                graph.WriteKeys("first", _input.Columns(0, 2), _input.Columns(2, 2), _space, _writes, 1, persistent: true),
                graph.WriteKeys("second", _input.Columns(2, 1), _input.Columns(1, 1), _space, _writes, 1, persistent: true),
            ];
            var program = graph.Build();
            Store = new KeyValueStore(device.Kernels, program, (_space, begin));
            _session = new Session(program, device.Kernels, Store);
            Pages = new PageCache(program, _space, Store);
        }

        public PageCache Pages { get; }

        public KeyValueStore Store { get; }

        public List<List<float>> Texts { get; private set; } = [];

        public void Begin()
        {
            Assert.Equal(Texts.Count, Pages.Begin());
            Texts.Add([]);
        }

        public void Fork(int[] source)
        {
            Pages.Reorder(source);
            Texts = [.. source.Select(s => Texts[s].ToList())];
        }

        /// <summary>Appends so many tokens to each sequence that has room for them.</summary>
        public void Append(int tokens)
        {
            var (values, row) = (new List<float>(), 0);
            for (var s = 0; s < Texts.Count; s++)
            {
                if (Texts[s].Count + tokens > MaxLength)
                {
                    continue;
                }

                var slot = Pages.Append(s, tokens);
                Assert.Equal(Texts[s].Count, slot);
                for (var i = 0; i < tokens; i++, row++, _next++)
                {
                    Texts[s].Add(_next);
                    values.AddRange([_next, _next + 0.25f, _next + 0.5f, _next + 0.75f]);
                    _session.Table(_writes)[2 * row] = s;
                    _session.Table(_writes)[2 * row + 1] = slot + i;
                }
            }

            Pages.Prepare(_session, _space);
            _session.SetRows(_rows, row);
            _session.Write(_input, [.. values]);
            _session.Run();
            _session.Stream.Synchronize();
        }

        public void Check()
        {
            Pages.Prepare(_session, _space);
            var table = _session.Table(_space.PageTable);
            for (var s = 0; s < Texts.Count; s++)
            {
                Assert.Equal(Texts[s].Count, Pages.Length(s));
                for (var slot = 0; slot < Texts[s].Count; slot++)
                {
                    var (page, token) = (table[s * _space.PagesPerSequence + slot / 16], slot % 16);
                    var text = Texts[s][slot];
                    Assert.Equal(text + 0.25f, Store[_layers[0].Keys].Host[(page * 2 + 1) * 16 + token]);
                    Assert.Equal(text + 0.75f, Store[_layers[0].Values].Host[(page * 16 + token) * 2 + 1]);
                    Assert.Equal(text + 0.5f, Store[_layers[1].Keys].Host[page * 16 + token]);
                    Assert.Equal(text + 0.25f, Store[_layers[1].Values].Host[page * 16 + token]);
                }
            }
        }

        public void Dispose()
        {
            Pages.Dispose();
            _session.Dispose();
            Store.Dispose();
        }
    }
}
