using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The checked-in tables of generated code against the sources; needs neither the package nor ptxas.</summary>
public sealed class CodeTableTests
{
    private static readonly CodeRow Row = new("MatMul", "Some<Tile>", "sm_80", 100, 1024, 500, 80, 0, "0123456789abcdef");

    /// <summary>Fails when a kernel changed and its rows did not: how to write them anew is told by <see cref="PtxasTests"/>.</summary>
    [Fact]
    public void EveryRowIsOfTheSourcesAsTheyAre()
    {
        var sources = KernelSources.OfRepository();
        var wanted = CompiledKernels.Kernels.ToDictionary(kernel => KernelName.Of(kernel.Method), sources.HashOf);
        var keys = wanted.Keys.SelectMany(_ => AssembledKernels.Architectures, (kernel, architecture) => (Kernel: kernel, architecture)).ToList();
        Assert.NotEmpty(CodeTable.Versions);
        foreach (var version in CodeTable.Versions)
        {
            var rows = CodeTable.Read(version);
            var faults = keys.Except(rows.Select(row => row.Key)).Select(key => $"{key.Kernel} has no row")
                .Concat(rows.Where(row => !wanted.ContainsKey(row.Kernel)).Select(row => $"{row.Kernel} is no kernel any more"))
                .Concat(rows.Where(row => wanted.TryGetValue(row.Kernel, out var hash) && hash != row.Sources)
                    .Select(row => $"{row.Kernel} changed since its row was written"))
                .Distinct().ToList();
            Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults.Prepend($"ptxas-{version}.csv:")));
        }
    }

    [Fact]
    public void ARowIsReadAsItIsWritten() => Assert.Equal(Row, CodeRow.Parse(Row.Line));

    [Fact]
    public void WhatStaysOrImprovesPasses()
    {
        Assert.Empty(CodeComparison.Worse(Row, Row));
        Assert.Empty(CodeComparison.Worse(Row, Row with { Registers = 80, SharedBytes = 0, LoopInstructions = 400, ProductPercent = 90 }));
        Assert.Empty(CodeComparison.Worse(Row, Row with { Registers = 102, LoopInstructions = 510, ProductPercent = 79 }));
    }

    [Fact]
    public void WhatGetsWorseIsNamedWithBothFigures()
    {
        Assert.Equal("Some<Tile> on sm_80 takes 103 registers; it took 100.", Only(Row with { Registers = 103 }));
        Assert.Equal("Some<Tile> on sm_80 takes 1028 bytes of shared memory; it took 1024.", Only(Row with { SharedBytes = 1028 }));
        Assert.Equal("Some<Tile> on sm_80 has 511 instructions in its main loop; it had 500.", Only(Row with { LoopInstructions = 511 }));
        Assert.Equal("Some<Tile> on sm_80: 78 % of its main loop are FMA; 80 % were.", Only(Row with { ProductPercent = 78 }));
        Assert.Equal("Some<Tile> on sm_80 has 1 integer divisions in its main loop; it had 0.", Only(Row with { LoopDivisions = 1 }));

        static string Only(CodeRow now) => Assert.Single(CodeComparison.Worse(Row, now));
    }
}
