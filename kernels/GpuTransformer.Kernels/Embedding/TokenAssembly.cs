using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Puts class tokens before each image's patches and adds positions.</summary>
public sealed class TokenAssembly : Operation<TokenAssemblyArgs>
{
    internal static readonly Variant<TokenAssemblyArgs>[] Variants =
    [
        .. RowMapVariants<TokenAssemblyMap, TokenAssemblyArgs>.Table(
            "assembly",
            (in TokenAssemblyArgs args) => args.Images.Capacity * (args.PrefixCount + args.PatchCount),
            (in TokenAssemblyArgs args) => ShapeCheck.IsVectorAligned(args.Tokens)
                && ShapeCheck.IsVectorAligned(args.Patches)
                && ShapeCheck.IsVectorAligned(args.Positions)
                && ShapeCheck.IsVectorAligned(args.Y)),
        TokenAssemblyCpu.Variant,
    ];

    internal TokenAssembly(KernelSet kernels)
        : base(kernels, "TokenAssembly", Variants)
    {
    }

    /// <summary>Assembles contiguous matrices.</summary>
    /// <param name="stream">Where it is launched.</param>
    /// <param name="patches">Patch rows, (images · patchCount, width).</param>
    /// <param name="tokens">Prefix tokens, (prefixCount, width).</param>
    /// <param name="positions">Positions, (prefixCount + patchCount, width).</param>
    /// <param name="y">y, (images · (prefixCount + patchCount), width).</param>
    /// <param name="images">Images.</param>
    /// <param name="patchCount">Patches of an image.</param>
    /// <param name="prefixCount">Prefix tokens of an image.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ShapeException">A view is too short; nothing was launched.</exception>
    public void Run(
        AcceleratorStream stream,
        ArrayView<float> patches,
        ArrayView<float> tokens,
        ArrayView<float> positions,
        ArrayView<float> y,
        int images,
        int patchCount,
        int prefixCount,
        int width) =>
        Run(stream, new TokenAssemblyArgs
        {
            Patches = RowView.Dense(patches, width),
            Tokens = RowView.Dense(tokens, width),
            Positions = RowView.Dense(positions, width),
            Y = RowView.Dense(y, width),
            Images = ActiveRows.Fixed(images),
            PatchCount = patchCount,
            PrefixCount = prefixCount,
            Width = width,
        });

    /// <inheritdoc/>
    protected override void Check(in TokenAssemblyArgs args)
    {
        ShapeCheck.Width(Name, args.Width);
        ShapeCheck.Active(Name, "images", args.Images);
        ShapeCheck.AtLeast(Name, "patchCount", args.PatchCount, 0);
        ShapeCheck.AtLeast(Name, "prefixCount", args.PrefixCount, 0);
        var length = (long)args.PatchCount + args.PrefixCount;
        ShapeCheck.Between(Name, "patchCount + prefixCount", length, 1, int.MaxValue);
        ShapeCheck.Rows(Name, "patches", args.Patches, (long)args.Images.Capacity * args.PatchCount, args.Width);
        ShapeCheck.Rows(Name, "tokens", args.Tokens, args.PrefixCount, args.Width);
        ShapeCheck.Rows(Name, "positions", args.Positions, length, args.Width);
        ShapeCheck.Rows(Name, "y", args.Y, args.Images.Capacity * length, args.Width);
    }

    /// <inheritdoc/>
    protected override bool IsEmpty(in TokenAssemblyArgs args) => args.Images.Capacity == 0;

    /// <inheritdoc/>
    protected override (string Shape, long Flops, long Bytes) Describe(in TokenAssemblyArgs args)
    {
        var elements = (long)args.Images.Capacity * (args.PrefixCount + args.PatchCount) * args.Width;
        return (
            $"{args.Images.Capacity}x({args.PrefixCount}+{args.PatchCount})x{args.Width}", elements, 12 * elements);
    }
}
