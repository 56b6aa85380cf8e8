using System.Runtime.CompilerServices;

namespace GpuTransformer.Kernels;

/// <summary>Computes: y[b · (prefix + patches) + t] = (t &lt; prefix ? tokens[t] : patches[b · patches + t - prefix]) +
/// positions[t].
/// Shapes: tokens (prefix, width), patches (batch · patches, width), positions (prefix + patches, width),
/// y (batch · (prefix + patches), width). Cost: 12 bytes an element.</summary>
internal struct TokenAssemblyMap : IRowMap<TokenAssemblyArgs>
{
    private int _isPrefix;
    private int _start;
    private int _position;

    public static int Rows(in TokenAssemblyArgs args) => args.Images.Count * (args.PrefixCount + args.PatchCount);

    public static int Width(in TokenAssemblyArgs args) => args.Width;

    public static RowView Output(in TokenAssemblyArgs args) => args.Y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(in TokenAssemblyArgs args, int row, bool reports)
    {
        var length = args.PrefixCount + args.PatchCount;
        var image = row / length;
        var token = row - image * length;
        _isPrefix = token < args.PrefixCount ? 1 : 0;
        _start = _isPrefix != 0
            ? args.Tokens.Offset + token * args.Tokens.Stride
            : args.Patches.Offset + (image * args.PatchCount + token - args.PrefixCount) * args.Patches.Stride;
        _position = args.Positions.Offset + token * args.Positions.Stride;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Element(in TokenAssemblyArgs args, int column) =>
        (_isPrefix != 0 ? args.Tokens.Data[_start + column] : args.Patches.Data[_start + column])
        + args.Positions.Data[_position + column];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Quad(in TokenAssemblyArgs args, int column) =>
        VectorAccess.Load(_isPrefix != 0 ? args.Tokens.Data : args.Patches.Data, _start + column, 1)
        + VectorAccess.Load(args.Positions.Data, _position + column, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4x4 Quads(in TokenAssemblyArgs args, int column, int step)
    {
        var from = _isPrefix != 0 ? args.Tokens.Data : args.Patches.Data;
        Float4x4 quads;
        quads.A = VectorAccess.Load(from, _start + column, 1) + VectorAccess.Load(args.Positions.Data, _position + column, 1);
        quads.B = VectorAccess.Load(from, _start + column + step, 1)
            + VectorAccess.Load(args.Positions.Data, _position + column + step, 1);
        quads.C = VectorAccess.Load(from, _start + column + 2 * step, 1)
            + VectorAccess.Load(args.Positions.Data, _position + column + 2 * step, 1);
        quads.D = VectorAccess.Load(from, _start + column + 3 * step, 1)
            + VectorAccess.Load(args.Positions.Data, _position + column + 3 * step, 1);
        return quads;
    }
}
