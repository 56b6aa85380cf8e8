namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>What a row of the report is about.</summary>
internal enum RowFamily
{
    /// <summary>A matmul of many rows.</summary>
    MatMul,

    /// <summary>Attention.</summary>
    Attention,

    /// <summary>An operation on rows.</summary>
    Rows,

    /// <summary>A matmul of one row.</summary>
    Weights,

    /// <summary>A whole model.</summary>
    Model,

    /// <summary>The host's part of a launch.</summary>
    Launch,
}

/// <summary>A row of the report before it is measured.</summary>
/// <param name="Family">What it is about; families are measured one after another, the rows of one in turns.</param>
/// <param name="Name">Operation and shape.</param>
/// <param name="Target">What it is to reach on a card; null: nothing was set.</param>
/// <param name="Make">Makes the case.</param>
internal sealed record RooflineEntry(
    RowFamily Family, string Name, RooflineTarget? Target, Func<RooflineResources, BenchCase> Make);
