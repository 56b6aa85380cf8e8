using ILGPU;

namespace GpuTransformer.Kernels;

/// <summary>One row's entry of the row table; a row that sees nothing has begin = end = 0.</summary>
internal struct AttentionRow
{
    public int Sequence;
    public int Begin;
    public int End;
    public int Position;

    /// <summary>Reads the entry and clamps the interval to the slots that there are.</summary>
    public static AttentionRow Read(ArrayView<int> rowTable, int row, int slots)
    {
        AttentionRow result;
        result.Sequence = rowTable[4 * row];
        result.Begin = rowTable[4 * row + 1];
        result.End = rowTable[4 * row + 2];
        result.Position = rowTable[4 * row + 3];
        result.Begin = result.Begin < 0 ? 0 : result.Begin;
        result.End = result.End > slots ? slots : result.End;
        if (result.End <= result.Begin)
        {
            result.Begin = 0;
            result.End = 0;
        }

        return result;
    }
    /// <summary>The logarithm of the sum of the exponentials, from the largest score and the sum relative to it; -infinity
    /// where nothing was seen.</summary>
    public static float LogSumExp(float max, float sum) =>
        sum == 0f ? float.NegativeInfinity : max + AttentionPower.Log(sum);
}
