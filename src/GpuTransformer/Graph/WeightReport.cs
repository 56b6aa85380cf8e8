namespace GpuTransformer.Graph;

/// <summary>One weight of a model as it is kept.</summary>
/// <param name="Name">The layer.</param>
/// <param name="Kind">Matrix, table or norm.</param>
/// <param name="Encoding">How its numbers are stored, under the names of weight files, one behind the other where parts
/// differ; a matrix whose activations are rounded to 8 bits says so.</param>
/// <param name="Rows">Outputs of a matrix, rows of a table.</param>
/// <param name="Columns">Inputs of a matrix, the width of a table or norm.</param>
/// <param name="Bytes">Bytes with its bias.</param>
/// <param name="IsMapped">Whether it lies in its mapped file, in memory that processes share, and takes none of its own.</param>
public sealed record WeightReport(string Name, string Kind, string Encoding, int Rows, int Columns, long Bytes, bool IsMapped)
{
    internal static WeightReport? Of(IDisposable weights) => weights switch
    {
        LinearWeights linear => new(
            linear.Name, "matrix", Encodings(linear), linear.OutFeatures, linear.InFeatures,
            linear.Matrices.Sum(matrix => matrix.ByteSize) + Bytes4(linear.Bias), false),
        EmbeddingWeights table => new(
            table.Name, "table", table.Dtype.ToString(), table.Rows, table.Width, table.ByteSize, table.IsMapped),
        NormWeights norm => new(norm.Name, "norm", "F32", 1, norm.Width, Bytes4(norm.Weight) + Bytes4(norm.Bias), false),
        _ => null,
    };

    private static string Encodings(LinearWeights linear) => string.Join(", ", linear.Matrices.Select(matrix =>
        matrix.Activations == Kernels.ActivationEncoding.F32 ? $"{matrix.Encoding}" : $"{matrix.Encoding} x {matrix.Activations}"));

    private static long Bytes4(DeviceMemory<float>? memory) => (memory?.Length ?? 0L) * sizeof(float);
}
