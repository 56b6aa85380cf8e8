using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Fills and reads panels in a narrow encoding: what a source stores so is only put into another order, all else
/// is encoded from float32.</summary>
internal static unsafe class EncodedPanels
{
    /// <summary>The encoding that panels of these sources get: the one asked for, or F32 where it cannot be made from
    /// numbers and a source does not store it.</summary>
    public static WeightEncoding Possible(WeightEncoding encoding, ReadOnlySpan<WeightRows> sources)
    {
        if (encoding is WeightEncoding.Q4_1 or WeightEncoding.Q4_K or WeightEncoding.Q6_K)
        {
            foreach (var source in sources)
            {
                if (!IsStoredSo(source, encoding))
                {
                    return WeightEncoding.F32;
                }
            }
        }

        return encoding;
    }

    /// <summary>The treatment of activations that panels in an encoding get: integers meet integers only.</summary>
    public static ActivationEncoding Possible(ActivationEncoding activations, WeightEncoding encoding) =>
        Int8Engine.Has(encoding) ? activations : ActivationEncoding.F32;

    /// <summary>Where the panel that begins with a column begins.</summary>
    public static byte* Panel(float* panels, in EncodedEngine engine, int lanes, int k, int column) =>
        (byte*)panels + (nint)(column / lanes) * ((k + engine.CellK - 1) / engine.CellK) * engine.CellBytes;

    /// <summary>Packs one source into the columns from <paramref name="first"/> on.</summary>
    public static void Pack(PackedPanels.Header* header, WeightRows source, int first, int threads)
    {
        var width = MatMulCpuEngine.Of(header->Kind).PanelWidth;
        var firstPanel = first / width;
        var panels = (first + source.N - 1) / width - firstPanel + 1;
        Parallel.For(
            0, panels, new ParallelOptions { MaxDegreeOfParallelism = threads },
            i => PackPanel(header, source, first, firstPanel + i));
    }

    /// <summary>Column <paramref name="n"/> of the panels as float32, which is row n of the weight.</summary>
    public static void CopyRow(PackedPanels.Header* header, int n, Span<float> row)
    {
        var engine = MatMulCpuEngine.Of(header->Kind);
        var encoded = EncodedEngine.Of(header->Kind, header->Encoding);
        var column = n / engine.PanelWidth * engine.PanelWidth;
        var vectors = (Math.Min(engine.PanelWidth, header->N - column) + engine.Lanes - 1) / engine.Lanes;
        var panel = Panel(PackedPanels.FirstPanel(header), encoded, engine.Lanes, header->K, column);
        var widened = CpuScratch.Floats(encoded.BlockK * vectors * engine.Lanes);
        for (var k = 0; k < header->K; k += encoded.BlockK)
        {
            encoded.Widen(panel, vectors, k, encoded.BlockK, widened);
            for (var i = 0; i < Math.Min(encoded.BlockK, header->K - k); i++)
            {
                row[k + i] = widened[i * vectors * engine.Lanes + n - column];
            }
        }
    }

    /// <summary>Whether the stored bytes are rows of whole blocks.</summary>
    public static bool IsStoredSo(WeightRows source, WeightEncoding encoding) =>
        source.StoredEncoding == encoding && !source.IsTransposed && source.K % EncodedLayout.StoredBlock(encoding) == 0;

    /// <summary>The columns of one panel that one source gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackPanel(PackedPanels.Header* header, WeightRows source, int first, int panel)
    {
        var engine = MatMulCpuEngine.Of(header->Kind);
        var column = panel * engine.PanelWidth;
        var from = Math.Max(first, column);
        var count = Math.Min(first + source.N, column + engine.PanelWidth) - from;
        var layout = EncodedLayout.Of(header->Encoding);
        var vectors = (Math.Min(engine.PanelWidth, header->N - column) + engine.Lanes - 1) / engine.Lanes;
        var cellBytes = layout.CellBytes * engine.Lanes;
        var place = (byte*)PackedPanels.FirstPanel(header) + column * layout.ColumnBytes(header->K);
        var cells = layout.Cells(header->K);
        var rows = new EncodedRows(source, layout, from - first, count);
        for (var i = 0; i < count; i++)
        {
            var row = rows[i];
            var lane = (from + i - column) % engine.Lanes;
            var cell = place + (from + i - column) / engine.Lanes * cellBytes;
            for (var c = 0; c < cells; c++)
            {
                EncodedCell.Put(layout, row[(c * rows.CellBytes)..], cell + (nint)c * vectors * cellBytes, engine.Lanes, lane);
            }
        }
    }
}
