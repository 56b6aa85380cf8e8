namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>The matmul of another case by cuBLAS: the same memory, the same stream.</summary>
internal sealed class CublasCase : BenchCase
{
    private readonly CublasLibrary _library;
    private readonly BenchCase _case;
    private readonly IPlainMatMul _matMul;

    private CublasCase(CublasLibrary library, BenchCase benchCase, IPlainMatMul matMul)
        : base("cuBLAS", $"{benchCase.Operation} {benchCase.Shape}", benchCase.Work)
    {
        _library = library;
        _case = benchCase;
        _matMul = matMul;
    }

    public override string Variant => $"cuBLAS {_library.Version}";

    public override ILGPU.Runtime.AcceleratorStream? Stream => _case.Stream;

    /// <summary>The case beside another; null where that is no matmul of plain float32 matrices.</summary>
    public static CublasCase? Beside(CublasLibrary library, BenchCase benchCase) =>
        benchCase is IPlainMatMul { Args: { WeightColumnStride: 1, Weight.Data.Length: > 0 } } matMul
            ? new CublasCase(library, benchCase, matMul)
            : null;

    public override void Launch() => _library.Launch(_matMul.Args);

    public override void Synchronize() => _case.Synchronize();

    public override void Verify()
    {
        _matMul.ClearOutput();
        Run();
        _matMul.Verify();
    }
}
