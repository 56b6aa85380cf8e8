using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The analysis of barriers on small kernels whose answer is known.</summary>
public sealed class BarrierUniformityTests
{
    private const string GroupBranch = """
        mov.b32 %r1, %ctaid.x;
        setp.ge.s32 %p1, %r1, %r9;
        @%p1 bra L_end;
        bra.uni L_work;
        L_work:
        bar.sync 0;
        L_end:
        ret;
        """;

    private const string ThreadBranch = """
        mov.b32 %r1, %tid.x;
        setp.ge.s32 %p1, %r1, %r9;
        @%p1 bra L_end;
        bra.uni L_work;
        L_work:
        bar.sync 0;
        L_end:
        ret;
        """;

    private const string ThreadBranchThatJoins = """
        mov.b32 %r1, %tid.x;
        setp.ge.s32 %p1, %r1, %r9;
        @%p1 bra L_join;
        bra.uni L_work;
        L_work:
        st.shared.b32 [%rd1], %r1;
        bra L_join;
        L_join:
        bar.sync 0;
        ret;
        """;

    private const string LoopWithAThreadsCount = """
        mov.b32 %r1, %tid.x;
        L_loop:
        bar.sync 0;
        sub.s32 %r1, %r1, 1;
        setp.gt.s32 %p1, %r1, 0;
        @%p1 bra L_loop;
        bra L_end;
        L_end:
        ret;
        """;

    private const string LoopWithTheGroupsCount = """
        mov.b32 %r1, %r9;
        L_loop:
        bar.sync 0;
        ld.shared.f32 %f1, [%rd1];
        sub.s32 %r1, %r1, 1;
        setp.gt.s32 %p1, %r1, 0;
        @%p1 bra L_loop;
        bra L_end;
        L_end:
        ret;
        """;

    /// <summary>Both ways set the same register, and which way a thread took differs.</summary>
    private const string ChosenByThread = """
        mov.b32 %r1, %tid.x;
        setp.ge.s32 %p1, %r1, %r9;
        @%p1 bra L_one;
        bra L_two;
        L_one:
        mov.b32 %r2, 0;
        bra L_join;
        L_two:
        mov.b32 %r2, 1;
        bra L_join;
        L_join:
        setp.eq.s32 %p2, %r2, 1;
        @%p2 bra L_end;
        bra L_work;
        L_work:
        bar.sync 0;
        L_end:
        ret;
        """;

    private const string LoadedFromThreadsPlace = """
        mov.b32 %r1, %tid.x;
        mul.wide.u32 %rd2, %r1, 4;
        ld.global.b32 %r2, [%rd2];
        setp.eq.s32 %p1, %r2, 1;
        @%p1 bra L_end;
        bra L_work;
        L_work:
        bar.sync 0;
        L_end:
        ret;
        """;

    private const string LoadedFromOnePlace = """
        ld.global.b32 %r2, [%rd2];
        setp.eq.s32 %p1, %r2, 1;
        @%p1 bra L_end;
        bra L_work;
        L_work:
        bar.sync 0;
        L_end:
        ret;
        """;

    [Theory]
    [InlineData(GroupBranch)]
    [InlineData(ThreadBranchThatJoins)]
    [InlineData(LoopWithTheGroupsCount)]
    [InlineData(LoadedFromOnePlace)]
    public void BarriersThatAllThreadsReachPass(string body) => Assert.Empty(BarrierUniformity.Faults(Kernel(body)));

    [Theory]
    [InlineData(ThreadBranch)]
    [InlineData(LoopWithAThreadsCount)]
    [InlineData(ChosenByThread)]
    [InlineData(LoadedFromThreadsPlace)]
    public void BarriersThatSomeThreadsMissAreNamed(string body) =>
        Assert.Contains("bar.sync", Assert.Single(BarrierUniformity.Faults(Kernel(body))), StringComparison.Ordinal);

    private static string Kernel(string body) => $".visible .entry Kernel(\n)\n{{\n\t.reg .pred %p<3>;\n{body}\n}}\n";
}
