using Xunit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What belongs to a kernel's sources and what does not, shown on the transposition's two kernels.</summary>
public sealed class KernelSourcesTests
{
    private static readonly GpuKernel Group = Kernel(nameof(TransposeGroup));
    private static readonly GpuKernel Naive = Kernel(nameof(TransposeNaive));
    private static readonly string GroupFile = Path.Combine("Elementwise", "TransposeGroup.cs");
    private static readonly string HostFile = Path.Combine("Elementwise", "Transpose.cs");
    private static readonly string ArgumentFile = Path.Combine("Elementwise", "ElementwiseArgs.cs");

    private static readonly SortedDictionary<string, string> Files = KernelSources.RepositoryFiles();

    [Fact]
    public void EveryReachedMemberIsFoundInTheSources()
    {
        var index = new SourceIndex(Files.Values);
        var lost = KernelCatalog.GpuKernels()
            .SelectMany(kernel => KernelReach.Of(kernel).Members)
            .Where(member => !index.Parts(member.Type).Any(part => part.Members.Any(m => m.Names.Contains(member.Member))))
            .Where(member => !IsWrittenByTheCompiler(index, member.Type, member.Member))
            .Distinct();
        Assert.Empty(lost);
    }

    [Fact]
    public void CommentsWhiteSpaceAndLineEndsDoNotCount()
    {
        AssertSame(Group, GroupFile, text => text.Replace("\n", "\r\n", StringComparison.Ordinal));
        AssertSame(Group, GroupFile, text => $"/* a word */\n{text}// and another");
        AssertSame(Group, GroupFile, text => text.Replace("{", "  {  ", StringComparison.Ordinal));
    }

    [Fact]
    public void WhatTheKernelDoesNotReachDoesNotCount()
    {
        AssertSame(Group, HostFile, text => text.Replace("ShapeException", "OtherException", StringComparison.Ordinal) + "// changed");
        AssertSame(Naive, GroupFile, text => text.Replace("<<", "<<<", StringComparison.Ordinal));
        AssertSame(Group, GroupFile, text => AddMember(text, "internal static int Unused(int value) => value + 1;"));
    }

    [Fact]
    public void WhatTheKernelReachesCounts()
    {
        AssertOther(Group, GroupFile, text => text.Replace("Group.Barrier();", "Group.Barrier(); Group.Barrier();", StringComparison.Ordinal));
        AssertOther(Group, GroupFile, text => text.Replace("TileShift = 5", "TileShift = 4", StringComparison.Ordinal));
        AssertOther(Group, ArgumentFile, text => text.Replace("struct TransposeArgs\n{", "struct TransposeArgs\n{ public int More;", StringComparison.Ordinal));
        AssertOther(Group, Path.Combine("Device", "AddressSpaceHook.cs"), text => text.Replace("LowerStructures", "LowerArrays", StringComparison.Ordinal));
    }

    private static GpuKernel Kernel(string name) => KernelCatalog.Entries().Single(kernel => KernelName.Of(kernel.Method) == name);

    private static string AddMember(string text, string member) => text.TrimEnd().TrimEnd('}') + member + "\n}\n";

    /// <summary>Constructors that nobody wrote, and what a record or a primary constructor brings.</summary>
    private static bool IsWrittenByTheCompiler(SourceIndex index, string type, string member) =>
        type.EndsWith(member, StringComparison.Ordinal) || index.Parts(type).Any(part => part.Header.Contains($" {member}", StringComparison.Ordinal));

    private static void AssertSame(GpuKernel kernel, string file, Func<string, string> change) =>
        Assert.Equal(HashOf(kernel, file, text => text), HashOf(kernel, file, change));

    private static void AssertOther(GpuKernel kernel, string file, Func<string, string> change) =>
        Assert.NotEqual(HashOf(kernel, file, text => text), HashOf(kernel, file, change));

    private static string HashOf(GpuKernel kernel, string file, Func<string, string> change)
    {
        Assert.True(Files.ContainsKey(file), $"{file} is no file of the kernels");
        return KernelSources.OfTexts(Files.Select(pair => pair.Key == file ? change(pair.Value) : pair.Value)).HashOf(kernel);
    }
}
