using GpuTransformer.Kernels;

namespace GpuTransformer.Graph;

/// <summary>The operations that a graph is made of, one method each.</summary>
internal sealed partial class GraphBuilder
{
    /// <summary>scale · table[ids] [+ positions] [+ types].</summary>
    public GraphTensor Embedding(
        string layer,
        RowSpace rows,
        IntTable ids,
        EmbeddingWeights table,
        float scale = 1f,
        (IntTable Table, EmbeddingWeights Weights)? positions = null,
        (IntTable Table, EmbeddingWeights Weights)? types = null)
    {
        var y = Tensor(layer, rows, table.Width);
        foreach (var (_, extra) in new[] { positions, types }.OfType<(IntTable, EmbeddingWeights)>())
        {
            ExpectLength(layer, $"a row of {extra.Name}", extra.Width, table.Width);
        }

        EmbeddingArgs Sum(Session s) => new()
        {
            Ids = s.TableView(ids),
            Table = table.IsMapped ? default : table.View,
            VocabSize = table.Rows,
            Scale = scale,
            Positions = positions is { } p ? s.TableView(p.Table) : default,
            PositionTable = positions?.Weights.View ?? default,
            MaxPositions = positions?.Weights.Rows ?? 0,
            HasPositions = positions is null ? 0 : 1,
            TypeIds = types is { } t ? s.TableView(t.Table) : default,
            TypeTable = types?.Weights.View ?? default,
            TypeVocabSize = types?.Weights.Rows ?? 0,
            HasTypes = types is null ? 0 : 1,
            Y = s.RowsIn(y),
            Width = table.Width,
            Rows = s.Active(rows),
            Status = s.StateView,
        };

        if (table.IsMapped)
        {
            Add(layer, [], y, k => k.StoredEmbedding, s => new StoredEmbeddingArgs { Sum = Sum(s), Table = table.Stored });
        }
        else
        {
            Add(layer, [], y, k => k.Embedding, Sum);
        }

        return y;
    }

    /// <summary>activation(x · weightᵀ + bias) [· gate] [+ residual]: a product for each matrix of the weight.</summary>
    public GraphTensor Linear(
        string layer,
        GraphTensor x,
        LinearWeights weights,
        ActivationKind activation = ActivationKind.None,
        GraphTensor? residual = null,
        GraphTensor? gate = null)
    {
        ExpectLength(layer, $"a row of {x.Tensor.Name} against {weights.Name}", x.Width, weights.InFeatures);
        if (residual is { } r)
        {
            Expect(layer, "residual", r, x.Rows, weights.OutFeatures);
        }

        if (gate is { } g)
        {
            Expect(layer, "gate", g, x.Rows, weights.OutFeatures);
        }

        var y = Tensor(layer, x.Rows, weights.OutFeatures);
        for (var (part, first) = (0, 0); part < weights.Parts.Count; first += weights.Parts[part++])
        {
            var (mine, column) = (part, first);
            Add(layer, [x, residual, gate], y, k => k.MatMul, s =>
                Product(s, weights, mine, column, y, activation, residual, gate) with { X = s.RowsIn(x) });
        }

        if (residual is { } replaced && replaced.Tensor != x.Tensor)
        {
            MayReplace(replaced, y);
        }

        return y;
    }

    /// <summary>LayerNorm(x [+ residual]).</summary>
    public GraphTensor LayerNorm(string layer, GraphTensor x, NormWeights weights, GraphTensor? residual = null) =>
        Norm(layer, x, weights, residual, k => k.LayerNorm);

    /// <summary>RMSNorm(x [+ residual]) · (weight + shift).</summary>
    public GraphTensor RmsNorm(string layer, GraphTensor x, NormWeights weights, GraphTensor? residual = null) =>
        Norm(layer, x, weights, residual, k => k.RmsNorm);

    /// <summary>a + b.</summary>
    public GraphTensor Sum(string layer, GraphTensor a, GraphTensor b)
    {
        Expect(layer, "summand", b, a.Rows, a.Width);
        var y = Tensor(layer, a.Rows, a.Width);
        Add(layer, [a, b], y, k => k.Add, s => new AddArgs
        {
            A = s.RowsIn(a),
            B = s.RowsIn(b),
            Y = s.RowsIn(y),
            Width = a.Width,
            Rows = s.Active(a.Rows),
        });
        return y;
    }

    /// <summary>x[indices], into another row space.</summary>
    public GraphTensor Gather(string layer, GraphTensor x, RowSpace rows, IntTable indices)
    {
        var y = Tensor(layer, rows, x.Width);
        Add(layer, [x], y, k => k.Gather, s => new GatherArgs
        {
            X = s.RowsIn(x),
            SourceRows = x.Rows.Capacity,
            Indices = s.TableView(indices),
            Y = s.RowsIn(y),
            Width = x.Width,
            Rows = s.Active(rows),
            Status = s.StateView,
        });
        return y;
    }

    /// <summary>Class tokens before the patches, and positions added.</summary>
    public GraphTensor AssembleTokens(
        string layer, GraphTensor patches, RowSpace images, RowSpace tokens, EmbeddingWeights prefix, EmbeddingWeights positions)
    {
        var count = positions.Rows - prefix.Rows;
        ExpectLength(layer, $"a row of {prefix.Name}", prefix.Width, patches.Width);
        ExpectLength(layer, $"a row of {positions.Name}", positions.Width, patches.Width);
        ExpectLength(layer, $"{patches.Tensor.Name} of an image", patches.Rows.Capacity / images.Capacity, count);
        var y = Tensor(layer, tokens, patches.Width);
        Add(layer, [patches], y, k => k.TokenAssembly, s => new TokenAssemblyArgs
        {
            Patches = s.RowsIn(patches),
            Tokens = prefix.View,
            Positions = positions.View,
            Y = s.RowsIn(y),
            Images = s.Active(images),
            PatchCount = count,
            PrefixCount = prefix.Rows,
            Width = patches.Width,
        });
        return y;
    }

    /// <summary>A product with one matrix of a weight, but for its x.</summary>
    /// <param name="s">Whose memory.</param>
    /// <param name="weights">The weight.</param>
    /// <param name="part">Which matrix.</param>
    /// <param name="column">The column of y at which its outputs begin.</param>
    /// <param name="y">All outputs.</param>
    /// <param name="activation">The activation.</param>
    /// <param name="residual">As wide as y.</param>
    /// <param name="gate">Likewise.</param>
    private static MatMulArgs<StandardEpilogue> Product(
        Session s, LinearWeights weights, int part, int column, GraphTensor y, ActivationKind activation,
        GraphTensor? residual, GraphTensor? gate)
    {
        RowView Mine(GraphTensor tensor) => s.RowsIn(tensor.Columns(column, weights.Parts[part]));
        var args = new MatMulArgs<StandardEpilogue>
        {
            Y = Mine(y),
            Rows = s.Active(y.Rows),
            Batch = 1,
            Epilogue = StandardEpilogue.None with
            {
                Bias = weights.Bias?.View ?? default,
                BiasOffset = column,
                HasBias = weights.Bias is null ? 0 : 1,
                Activation = (int)activation,
                Residual = residual is { } added ? Mine(added) : default,
                HasResidual = residual is null ? 0 : 1,
                Gate = gate is { } factor ? Mine(factor) : default,
                HasGate = gate is null ? 0 : 1,
            },
        };
        weights.Matrix(part).AttachTo(ref args);
        return args;
    }

    private GraphTensor Norm(
        string layer, GraphTensor x, NormWeights weights, GraphTensor? residual, Func<KernelSet, Operation<NormArgs>> operation)
    {
        ExpectLength(layer, $"{weights.Name} against {x.Tensor.Name}", weights.Width, x.Width);
        if (residual is { } r)
        {
            Expect(layer, "residual", r, x.Rows, x.Width);
        }

        var y = Tensor(layer, x.Rows, x.Width);
        Add(layer, [x, residual], y, operation, s => new NormArgs
        {
            X = s.RowsIn(x),
            Residual = residual is { } added ? s.RowsIn(added) : default,
            HasResidual = residual is null ? 0 : 1,
            Y = s.RowsIn(y),
            Weight = weights.Weight.View,
            WeightShift = weights.WeightShift,
            Bias = weights.Bias?.View ?? default,
            HasBias = weights.Bias is null ? 0 : 1,
            Width = x.Width,
            Rows = s.Active(x.Rows),
            Epsilon = weights.Epsilon,
        });
        MayReplace(x, y);
        return y;
    }
}
