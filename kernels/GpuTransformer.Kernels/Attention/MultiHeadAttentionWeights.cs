namespace GpuTransformer.Kernels;

/// <summary>The projections of multi-head attention. Those of queries, keys and values come in one of three ways: all in
/// one (self-attention), keys and values in one, or each alone; <see cref="PackedMatrix"/> puts several weights
/// under each other.</summary>
public sealed class MultiHeadAttentionWeights
{
    private MultiHeadAttentionWeights(
        PackedLinear? fused, PackedLinear? query, PackedLinear? keyValue, PackedLinear? key, PackedLinear? value, PackedLinear output)
    {
        ArgumentNullException.ThrowIfNull(output);
        (QueryKeyValue, Query, KeyValue, Key, Value, Output) = (fused, query, keyValue, key, value, output);
    }

    /// <summary>Queries, keys and values, (numHeads · headDim + 2 · numKvHeads · headDim, width), one under the other.</summary>
    public PackedLinear? QueryKeyValue { get; }

    /// <summary>Queries, (numHeads · headDim, width).</summary>
    public PackedLinear? Query { get; }

    /// <summary>Keys and values, (2 · numKvHeads · headDim, width), one under the other.</summary>
    public PackedLinear? KeyValue { get; }

    /// <summary>Keys, (numKvHeads · headDim, width).</summary>
    public PackedLinear? Key { get; }

    /// <summary>Values, (numKvHeads · headDim, width).</summary>
    public PackedLinear? Value { get; }

    /// <summary>Output, (outputs, numHeads · headDim).</summary>
    public PackedLinear Output { get; }

    /// <summary>Queries, keys and values in one: torch.nn.MultiheadAttention's in_proj, for self-attention.</summary>
    public static MultiHeadAttentionWeights Fused(PackedLinear queryKeyValue, PackedLinear output)
    {
        ArgumentNullException.ThrowIfNull(queryKeyValue);
        return new(queryKeyValue, null, null, null, null, output);
    }

    /// <summary>Queries alone, keys and values in one: one matmul less over a long source.</summary>
    public static MultiHeadAttentionWeights Halved(PackedLinear query, PackedLinear keyValue, PackedLinear output)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(keyValue);
        return new(null, query, keyValue, null, null, output);
    }

    /// <summary>Queries, keys and values each alone.</summary>
    public static MultiHeadAttentionWeights Separate(
        PackedLinear query, PackedLinear key, PackedLinear value, PackedLinear output)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        return new(null, query, null, key, value, output);
    }

    /// <summary>Refuses projections that do not give what the shape asks for.</summary>
    internal void Check(string operation, AttentionShape shape)
    {
        if (QueryKeyValue is not null && shape.SeqLenQ != shape.SeqLenKv)
        {
            throw new ShapeException(
                $"{operation}: queries, keys and values in one projection need seqLenQ = seqLenKv, " +
                $"found {shape.SeqLenQ} and {shape.SeqLenKv}.");
        }

        Outputs("queryKeyValue", QueryKeyValue, shape.QueryWidth + 2L * shape.KeyWidth);
        Outputs("query", Query, shape.QueryWidth);
        Outputs("keyValue", KeyValue, 2L * shape.KeyWidth);
        Outputs("key", Key, shape.KeyWidth);
        Outputs("value", Value, shape.KeyWidth);
        if (Key is not null && Value is not null && Key.Inputs != Value.Inputs)
        {
            throw new ShapeException($"{operation}: value must take the {Key.Inputs} inputs of key, found {Value.Inputs}.");
        }

        if (Output.Inputs != shape.QueryWidth)
        {
            throw new ShapeException(
                $"{operation}: the output projection must take numHeads · headDim = {shape.QueryWidth} inputs, found {Output.Inputs}.");
        }

        void Outputs(string name, PackedLinear? linear, long expected)
        {
            if (linear is not null && linear.Outputs != expected)
            {
                throw new ShapeException($"{operation}: {name} must give {expected} outputs, found {linear.Outputs}.");
            }
        }
    }
}
