using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>DETR's program for a number of images of one size, and a session of it.</summary>
internal sealed class DetrRun : IDisposable
{
    private readonly Detr _model;
    private readonly RowSpace _images;
    private readonly TokenSpace _source;
    private readonly TokenSpace _queries;
    private readonly Visibility _seesMemory;
    private readonly IntTable _featureOf;
    private readonly IntTable _rowOf;
    private readonly GraphTensor _pixels;
    private readonly GraphTensor _positions;
    private readonly GraphTensor _zeros;
    private readonly FeatureMap _projected;
    private readonly float[] _places;
    private readonly float[] _zeroRows;
    private readonly bool[] _isReal;
    private readonly int[] _real;
    private readonly int[] _slots;

    public DetrRun(Detr model, int images, int height, int width, Func<Program, Session> session)
    {
        _model = model;
        (Height, Width) = (height, width);
        var config = model.Config;
        var graph = new GraphBuilder("detr");
        _images = graph.Rows("images", images);
        var maps = new MapSpaces(graph, _images);
        _pixels = graph.Input("pixel_values", _images, checked(config.Backbone.NumChannels * height * width));
        var features = model.Backbone.Build(maps, _pixels, height, width);
        _projected = model.Projection.Build(maps, features[^1]);
        model.Positions.Check(_projected.Height, _projected.Width);
        var count = _projected.Height * _projected.Width;

        _source = TokenSpace.Declare(graph, "positions", images * count, images, count, packed: true);
        _featureOf = graph.Table("features", images * count);
        _rowOf = graph.Table("rows", images * count);
        _positions = graph.Input("positions", _source.Rows, config.DModel);
        var tokens = graph.Gather("features", _projected.Rows, _source.Rows, _featureOf);
        Memory = model.Layers.BuildEncoder(graph, tokens, _positions, _source);

        _queries = TokenSpace.Declare(graph, "queries", images * config.NumQueries, images, config.NumQueries, packed: true);
        _seesMemory = graph.Sees(_queries.Rows, _source.Keys);
        _zeros = graph.Input("queries", _queries.Rows, config.DModel);
        var places = graph.Embedding("query_position_embeddings", _queries.Rows, _queries.Ids, model.QueryPositions);
        Hidden = model.Layers.BuildDecoder(graph, _zeros, places, _queries, Memory, _positions, _source, _seesMemory);
        graph.Output("encoder_last_hidden_state", Memory);
        graph.Output("last_hidden_state", Hidden);
        BuildHeads(graph, maps, features);
        Session = session(graph.Build());
        _places = new float[images * count * config.DModel];
        _zeroRows = new float[images * config.NumQueries * config.DModel];
        _isReal = new bool[count];
        _real = new int[images];
        _slots = new int[images];
        Array.Fill(_slots, config.NumQueries);
    }

    public Session Session { get; }

    public int Height { get; }

    public int Width { get; }

    public int Capacity => _images.Capacity;

    /// <summary>The encoder's output at the positions that are no padding.</summary>
    public GraphTensor Memory { get; }

    public GraphTensor Hidden { get; }

    public GraphTensor? Logits { get; private set; }

    public GraphTensor? Boxes { get; private set; }

    public FeatureMap? Masks { get; private set; }

    /// <summary>Features of an image, padding included.</summary>
    public int Features => _projected.Height * _projected.Width;

    public void Dispose() => Session.Dispose();

    /// <summary>Runs images [images, channels, height, width]; <paramref name="isReal"/> says which pixels (image, line,
    /// column) are no padding.</summary>
    /// <exception cref="InputException">An image is all padding.</exception>
    public void Start(ReadOnlySpan<float> pixels, int images, Func<int, int, int, bool> isReal)
    {
        Session.SetRows(_images, images);
        FillSource(images, isReal);
        FillQueries(images);
        Session.Write(_pixels, pixels);
        Session.Write(_zeros, _zeroRows.AsSpan(0, images * _zeros.Width * _model.Config.NumQueries));
        Session.Run();
    }

    /// <summary>The encoder's output, padding as zeros, [images, features, d_model].</summary>
    public void ReadMemory(int images, Span<float> values)
    {
        var width = Memory.Width;
        var packed = new float[Session.RowsOf(_source.Rows) * width];
        Session.Read(Memory, packed);
        var rowOf = Session.Table(_rowOf);
        for (var i = 0; i < images * Features; i++)
        {
            if (rowOf[i] >= 0)
            {
                packed.AsSpan(rowOf[i] * width, width).CopyTo(values[(i * width)..]);
            }
        }
    }

    private void BuildHeads(GraphBuilder graph, MapSpaces maps, FeatureMap[] features)
    {
        if (_model.Heads is not { } heads)
        {
            return;
        }

        Logits = graph.Linear(heads.Classes.Name, Hidden, heads.Classes);
        var boxes = graph.Linear(heads.Boxes[0].Name, Hidden, heads.Boxes[0], ActivationKind.Relu);
        boxes = graph.Linear(heads.Boxes[1].Name, boxes, heads.Boxes[1], ActivationKind.Relu);
        Boxes = graph.Linear(heads.Boxes[2].Name, boxes, heads.Boxes[2], ActivationKind.Sigmoid);
        graph.Output("logits", Logits.Value);
        graph.Output("pred_boxes", Boxes.Value);
        if (_model.MaskHead is { } maskHead)
        {
            Masks = maskHead.Build(maps, new MapSpaces(graph, _queries.Rows), _projected, features, Hidden, Memory, _rowOf);
            graph.Output("pred_masks", Masks.Value.Rows);
        }
    }

    private void FillSource(int images, Func<int, int, int, bool> isReal)
    {
        var rows = new TokenRows(Session, _source);
        var featureOf = Session.Table(_featureOf);
        var rowOf = Session.Table(_rowOf);
        for (var image = 0; image < images; image++)
        {
            var count = Downsample(image, isReal);
            _model.Positions.Fill(_isReal, _projected.Height, _projected.Width, _places.AsSpan(rows.Count * _positions.Width));
            _real[image] = count;
            var slot = 0;
            for (var i = 0; i < Features; i++)
            {
                rowOf[image * Features + i] = _isReal[i] ? rows.Count : -1;
                if (_isReal[i])
                {
                    featureOf[rows.Count] = image * Features + i;
                    rows.Add(image, 0, i, slot++, 0, count);
                }
            }
        }

        rows.Finish();
        PageTables.FillPacked(Session, _source.Keys, _real.AsSpan(0, images));
        Session.Write(_positions, _places.AsSpan(0, rows.Count * _positions.Width));
    }

    private void FillQueries(int images)
    {
        var rows = new TokenRows(Session, _queries);
        var sees = new VisibilityFiller(Session, _seesMemory);
        var count = _model.Config.NumQueries;
        for (var image = 0; image < images; image++)
        {
            for (var query = 0; query < count; query++)
            {
                rows.Add(image, query, query, query, 0, count);
                sees.Add(image, 0, _real[image], query);
            }
        }

        rows.Finish();
        sees.Finish();
        PageTables.FillPacked(Session, _queries.Keys, _slots.AsSpan(0, images));
    }

    /// <summary>The mask at the features' size, by the nearest pixel; how many features are no padding.</summary>
    private int Downsample(int image, Func<int, int, int, bool> isReal)
    {
        var (lines, columns) = (_projected.Height, _projected.Width);
        var count = 0;
        for (var i = 0; i < _isReal.Length; i++)
        {
            var y = UpsampleArgs.Nearest(i / columns, (float)Height / lines, Height);
            var x = UpsampleArgs.Nearest(i % columns, (float)Width / columns, Width);
            _isReal[i] = isReal(image, y, x);
            count += _isReal[i] ? 1 : 0;
        }

        return count > 0 ? count : throw new InputException($"pixel_mask[{image}]: every pixel that counts is padding.");
    }
}
