using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The reading of machine code on a listing whose answer is known.</summary>
public sealed class MainLoopTests
{
    /// <summary>An outer loop from 0010 to 00a0 around an inner one from 0030 to 0080.</summary>
    private const string Listing = """
                Function : kernel0
                .headerflags    @"EF_CUDA_SM80"
                /*0000*/                   MOV R1, c[0x0][0x28] ;
                /*0010*/                   LDG.E R2, [R4.64] ;
                /*0020*/                   I2F.U32.RP R6, R5 ;
                /*0030*/                   LDS.U.128 R8, [R7] ;
                /*0040*/                   FFMA R9, R8, R10, R9 ;
                /*0050*/              @!P0 FFMA R11, R8, R10, R11 ;
                /*0060*/                   HMMA.16816.F32 R12, R8, R10, R12 ;
                /*0070*/                   I2F.U32.RP R6, R5 ;
                /*0080*/               @P1 BRA 0x30 ;
                /*0090*/                   LD.E R2, [R4.64] ;
                /*00a0*/               @P2 BRA 0x10 ;
                /*00b0*/                   EXIT ;
                /*00c0*/                   BRA 0xc0;
        """;

    [Fact]
    public void TheInnerLoopWithMostOfTheWorkIsTheMainOne()
    {
        var loop = MainLoop.Of(Listing);
        Assert.Equal(6, loop.Instructions);
        Assert.Equal(3, loop.Products);
        Assert.Equal(50, loop.ProductPercent);
        Assert.Equal(1, loop.Divisions);
    }

    [Fact]
    public void GenericAccessesCountWhereverTheyAre() => Assert.Equal(1, MainLoop.Of(Listing).GenericAccesses);

    [Fact]
    public void ACodeWithoutALoopHasNone() =>
        Assert.Equal(default, MainLoop.Of("        /*0000*/                   EXIT ;\n        /*0010*/                   BRA 0x10;\n"));
}
