namespace ILGPU.Execution;

/// <summary>What the lanes of a checked launch did with one word of memory (one byte where bytes or halves are used).</summary>
internal struct ShadowWord
{
    internal const int None = -1;

    /// <summary>The launch that the rest is about.</summary>
    internal int Launch;

    /// <summary>The stretch that touched it last, and the bits that it found.</summary>
    internal int Stretch;
    internal uint Before;
    internal bool IsAtomic;

    /// <summary>Whether that stretch only holds a reference from an earlier one.</summary>
    internal bool IsKept;

    /// <summary>The group that touched it last, and whether any of that group read, wrote or updated it.</summary>
    internal int Group;
    internal bool HasRead;
    internal bool HasWrite;
    internal bool HasAtomic;

    /// <summary>An earlier group that did so.</summary>
    internal int EarlierReader;
    internal int EarlierWriter;
    internal int EarlierAtomic;

    /// <summary>Lanes of that group that touched it since its latest barrier.</summary>
    internal int Epoch;
    internal LaneMark ReaderA;
    internal LaneMark ReaderB;
    internal LaneMark Writer;
    internal LaneMark Atomic;

    internal void Begin(int launch)
    {
        this = default;
        Launch = launch;
        Group = EarlierReader = EarlierWriter = EarlierAtomic = None;
        ForgetLanes();
    }

    internal void ForgetLanes() => ReaderA = ReaderB = Writer = Atomic = LaneMark.Nobody;
}

/// <summary>A lane and how many barriers its warp had passed.</summary>
internal readonly record struct LaneMark(int Lane, int WarpEpoch)
{
    internal static LaneMark Nobody => new(ShadowWord.None, 0);

    /// <summary>Whether neither waited for the other.</summary>
    internal bool IsConcurrentWith(LaneMark later, int warpSize) =>
        Lane >= 0 &&
        Lane != later.Lane &&
        (Lane / warpSize != later.Lane / warpSize || WarpEpoch == later.WarpEpoch);
}

/// <summary>The shadow of one buffer, in pages that are made when they are touched.</summary>
internal sealed class ShadowMemory(long bytes, int unitShift)
{
    private const int PageShift = 10;
    private readonly ShadowWord[]?[] pages = new ShadowWord[]?[((bytes >> unitShift) >> PageShift) + 1];

    /// <summary>2: a word has four bytes; 0: one.</summary>
    internal int UnitShift { get; } = unitShift;

    internal ref ShadowWord this[long unit]
    {
        get
        {
            var page = pages[unit >> PageShift] ??= new ShadowWord[1 << PageShift];
            return ref page[unit & ((1 << PageShift) - 1)];
        }
    }
}
