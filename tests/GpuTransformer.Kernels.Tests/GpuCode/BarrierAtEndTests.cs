using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The search for stores behind the last barrier on small kernels whose answer is known.</summary>
public sealed class BarrierAtEndTests
{
    private const string LeavesAndStores = """
        setp.ge.s32 %p1, %r1, %r9;
        @%p1 bra L_end;
        bar.sync 0;
        setp.ge.s32 %p2, %r2, %r9;
        @%p2 bra L_end;
        st.global.f32 [%rd1], %f1;
        L_end:
        ret;
        """;

    private const string LeavesAndJoins = """
        setp.ge.s32 %p1, %r1, %r9;
        @%p1 bra L_end;
        bar.sync 0;
        setp.ge.s32 %p2, %r2, %r9;
        @%p2 bra L_join;
        st.global.f32 [%rd1], %f1;
        L_join:
        bar.sync 0;
        L_end:
        ret;
        """;

    private const string StaysAndStores = """
        bar.sync 0;
        setp.ge.s32 %p2, %r2, %r9;
        @%p2 bra L_end;
        st.global.f32 [%rd1], %f1;
        L_end:
        ret;
        """;

    private const string StoresInALoopThatEndsWithABarrier = """
        setp.ge.s32 %p1, %r1, %r9;
        @%p1 bra L_end;
        L_loop:
        bar.sync 0;
        st.global.f32 [%rd1], %f1;
        bar.sync 0;
        setp.ge.s32 %p2, %r2, %r9;
        @%p2 bra L_loop;
        L_end:
        ret;
        """;

    [Theory]
    [InlineData(LeavesAndStores, 1)]
    [InlineData(LeavesAndJoins, 0)]
    [InlineData(StaysAndStores, 0)]
    [InlineData(StoresInALoopThatEndsWithABarrier, 0)]
    public void StoresBehindTheLastBarrierAreFound(string body, int faults) =>
        Assert.Equal(faults, BarrierAtEnd.Faults($".entry kernel()\n{{\n{body}\n}}").Count);
}
