using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>Prefix tokens before patches, with positions.</summary>
internal sealed class TokenAssemblyCheck : OperationCheck<TokenAssemblyArgs>
{
    public override string Name => "TokenAssembly";

    protected override Operation<TokenAssemblyArgs> Of(KernelSet kernels) => kernels.TokenAssembly;

    protected override IEnumerable<CheckShape<TokenAssemblyArgs>> Shapes(SweepPlan plan) => plan.Pick(
        [Shape(2, 4, 1, 1024, true), Shape(2, 5, 2, 37, true)],
        [Shape(3, 5, 2, 129, false), Shape(2, 1, 0, 3, false), Shape(3, 3, 1, 260, true)],
        [Shape(32, 196, 1, 768, true)]);

    private static CheckShape<TokenAssemblyArgs> Shape(int images, int patchCount, int prefixCount, int width, bool aligned) =>
        new($"{images}x({prefixCount}+{patchCount})x{width}{(aligned ? "" : " unaligned")}", images, batch =>
        {
            var place = new Place(aligned);
            var length = prefixCount + patchCount;
            var patches = batch.Rows(0, place, width, patchCount);
            var tokens = batch.SharedRows(1, place, prefixCount, width);
            var positions = batch.SharedRows(2, place, length, width);
            var y = batch.Output("y", place, width, () => Reference.Close(
                ImageReference.Tokens(
                    patches.Values, tokens.Values, positions.Values, batch.Units.Length, patchCount, prefixCount, width),
                Bound.Exact), length);
            return new TokenAssemblyArgs
            {
                Patches = patches.View,
                Tokens = tokens.View,
                Positions = positions.View,
                Y = y,
                Images = batch.Active(),
                PatchCount = patchCount,
                PrefixCount = prefixCount,
                Width = width,
            };
        });
}
