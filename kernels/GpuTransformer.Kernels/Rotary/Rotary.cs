using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Rotary position embedding, with an RMSNorm of each head before it where asked for.</summary>
public sealed class Rotary : Operation<RotaryArgs>
{
    internal static readonly Variant<RotaryArgs>[] Variants =
    [
        new KernelVariant<RotaryArgs>(
            "rotary-naive", VariantKind.Naive, RotaryNaive.Kernel,
            traits => (in RotaryArgs args) => RowGrid.ThreadPerItem(traits, (long)args.Rows.Capacity * args.NumHeads)),
        new KernelVariant<RotaryArgs>(
            "rotary-group", VariantKind.Group, RotaryGroup.Kernel,
            traits => (in RotaryArgs args) => RowGrid.GroupPerRow(
                traits, args.Rows.Capacity * args.NumHeads, args.HeadDim, RotaryGroup.ItemsPerThread, RotaryGroup.MostThreads)),
        RotaryCpu.Variant,
    ];

    internal Rotary(KernelSet kernels)
        : base(kernels, "Rotary", Variants)
    {
    }

    /// <summary>Turns the heads of contiguous rows in place.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="x">x, (rows, numHeads · headDim).</param>
    /// <param name="table">Angles, (positions, headDim), as <see cref="RotaryTable"/> makes them.</param>
    /// <param name="positions">Row of the table for each row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="numHeads">Heads of a row.</param>
    /// <param name="headDim">Width of a head, even; all of it turns.</param>
    /// <param name="status">One integer; receives row + 1 of a position outside the table.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream, ArrayView<float> x, ArrayView<float> table, ArrayView<int> positions,
        int rows, int numHeads, int headDim, ArrayView<int> status)
    {
        ShapeCheck.AtLeast(Name, "headDim", headDim, 1);
        var matrix = RowView.Dense(x, PagedKeysCheck.Width(Name, numHeads, headDim));
        Run(stream, new RotaryArgs
        {
            X = matrix,
            Y = matrix,
            NumHeads = numHeads,
            HeadDim = headDim,
            RotaryDim = headDim,
            Table = RowView.Dense(table, headDim),
            TableRows = (int)Math.Min(int.MaxValue, table.Length / headDim),
            Positions = positions,
            HasPositions = 1,
            Rows = ActiveRows.Fixed(rows),
            Status = status,
        });
    }

    /// <inheritdoc/>
    protected override void Check(in RotaryArgs args)
    {
        ShapeCheck.AtLeast(Name, "numHeads", args.NumHeads, 1);
        ShapeCheck.AtLeast(Name, "headDim", args.HeadDim, 1);
        ShapeCheck.Between(Name, "rotaryDim", args.RotaryDim, 0, args.HeadDim);
        if ((args.RotaryDim & 1) != 0)
        {
            throw new ShapeException($"{Name}: rotaryDim must be even, found {args.RotaryDim}.");
        }

        ShapeCheck.Active(Name, "rows", args.Rows);
        var rows = args.Rows.Capacity;
        var width = PagedKeysCheck.Width(Name, args.NumHeads, args.HeadDim);
        ShapeCheck.AtMostIntMax(Name, "rows · numHeads", (long)rows * args.NumHeads);
        ShapeCheck.Rows(Name, "x", args.X, rows, width);
        ShapeCheck.Rows(Name, "y", args.Y, rows, width);
        ShapeCheck.Rows(Name, "table", args.Table, args.TableRows, args.RotaryDim);
        if (args.HasPositions != 0)
        {
            ShapeCheck.AtLeast(Name, "tableRows", args.TableRows, 1);
            ShapeCheck.Elements(Name, "positions", args.Positions, 0, rows);
            ShapeCheck.Elements(Name, "status", args.Status, args.StatusSlot, 1);
        }
        else
        {
            ShapeCheck.AtLeast(Name, "tableRows", args.TableRows, rows);
        }

        if (args.HasNorm != 0)
        {
            ShapeCheck.Elements(Name, "normWeight", args.NormWeight, 0, args.HeadDim);
            ShapeCheck.Finite(Name, "epsilon", args.Epsilon);
            ShapeCheck.Finite(Name, "weightShift", args.WeightShift);
        }
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in RotaryArgs args) => args.Rows.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in RotaryArgs args)
    {
        var elements = (long)args.Rows.Capacity * args.NumHeads * args.HeadDim;
        return (
            $"{args.Rows.Capacity}x{args.NumHeads}x{args.HeadDim}{(args.HasNorm == 0 ? "" : " normed")}",
            (args.HasNorm == 0 ? 3 : 7) * elements,
            sizeof(float) * (2 * elements + (long)args.Rows.Capacity * args.RotaryDim));
    }
}
