using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>How the rows of a row map are cut into groups.</summary>
internal static class RowMapGrid
{
    /// <summary>Quads or elements of a thread.</summary>
    private const int ItemsOfThread = 4;

    private const int MostThreads = 256;

    /// <summary>CUDA's limit of groups in y; wider rows go round.</summary>
    private const int MostChunks = 65535;

    /// <summary>Groups for each multiprocessor before rows are put together: with fewer, some would have nothing to do.</summary>
    private const int GroupsOfMultiprocessor = 4;

    /// <summary>A row is cut into chunks that a group's lanes hold with four items each, as evenly as it goes, so that no
    /// lane is left without; short rows come many to a group.</summary>
    /// <param name="traits">The device.</param>
    /// <param name="rows">Rows at capacity.</param>
    /// <param name="items">Quads or elements of a row.</param>
    public static KernelConfig Cut(DeviceTraits traits, int rows, int items)
    {
        var most = Math.Min(MostThreads, traits.MaxGroupSize);
        var chunks = Ceiling(items, ItemsOfThread * most);
        var lanes = Math.Max(1, Ceiling(items, ItemsOfThread * chunks));
        var enough = Math.Max(Ceiling(Math.Min(most, traits.WarpSize), lanes), rows / (GroupsOfMultiprocessor * traits.Multiprocessors));
        var rowsOfGroup = Math.Clamp(enough, 1, most / lanes);
        return new KernelConfig(
            new Index3D(Math.Max(1, Ceiling(rows, rowsOfGroup)), Math.Clamp(chunks, 1, MostChunks), 1),
            new Index3D(lanes, rowsOfGroup, 1));
    }

    private static int Ceiling(int items, int size) => (int)(((long)items + size - 1) / size);
}

/// <summary>The kernel variants of a row map.</summary>
internal static class RowMapVariants<TMap, TArgs>
    where TMap : struct, IRowMap<TArgs>
    where TArgs : struct
{
    /// <summary>The three that every such operation has.</summary>
    /// <param name="name">The operation's name in variant names.</param>
    /// <param name="capacity">The most rows of y.</param>
    /// <param name="aligned">Whether every quad of every view starts at a multiple of 16 bytes.</param>
    public static Variant<TArgs>[] Table(
        string name, ArgsFunction<TArgs, int> capacity, ArgsFunction<TArgs, bool> aligned) =>
        [Naive(name, capacity), Scalars(name, capacity), Vectors(name, capacity, aligned)];

    /// <summary>One thread an element.</summary>
    public static KernelVariant<TArgs> Naive(string name, ArgsFunction<TArgs, int> capacity) => new(
        $"{name}-naive",
        VariantKind.Naive,
        RowMapNaive<TMap, TArgs>.Kernel,
        traits => (in TArgs args) => RowGrid.ThreadPerItem(traits, (long)capacity(args) * TMap.Width(args)));

    /// <summary>Rows at any address.</summary>
    public static KernelVariant<TArgs> Scalars(string name, ArgsFunction<TArgs, int> capacity) => new(
        $"{name}-rows-scalar",
        VariantKind.Group,
        RowMapScalars<TMap, TArgs>.Kernel,
        traits => (in TArgs args) => RowMapGrid.Cut(traits, capacity(args), TMap.Width(args)));

    /// <summary>Rows that start at multiples of 16 bytes.</summary>
    public static KernelVariant<TArgs> Vectors(
        string name, ArgsFunction<TArgs, int> capacity, ArgsFunction<TArgs, bool> aligned) => new(
        $"{name}-rows",
        VariantKind.Group,
        RowMapVectors<TMap, TArgs>.Kernel,
        traits => (in TArgs args) => RowMapGrid.Cut(traits, capacity(args), (TMap.Width(args) - 1 >> 2) + 1),
        (DeviceTraits traits, in TArgs args) => aligned(args));
}
