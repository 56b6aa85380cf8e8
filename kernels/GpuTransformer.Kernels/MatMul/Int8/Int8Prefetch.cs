using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GpuTransformer.Kernels;

/// <summary>Brings what a tile of few rows reads: what comes up in its panel into the first-level cache, and what the thread
/// reads next into the second, each step its share: either alone reads memory 9 to 12 % slower, and so do all lines of a
/// block at once, which loads wait behind.</summary>
internal unsafe struct Int8Prefetch
{
    private const int Line = MatMulCpuPrefetch.LineBytes;

    // Bytes at least. 1024 are 4 % slower, 2048 to 6144 equal.
    private const int Distance = 3072;

    private readonly byte* _aheadEnd;
    private readonly nint _stretch;
    private byte* _ahead;
    private byte* _near;

    /// <param name="ahead">What this thread is likely to read next; it comes in streams, a line of each with a step.</param>
    /// <param name="bytes">How much it is.</param>
    /// <param name="stepBytes">Bytes of the panel that a step takes.</param>
    public Int8Prefetch(byte* ahead, nint bytes, int stepBytes)
    {
        _ahead = ahead;
        _near = ahead;
        _stretch = MatMulCpuPrefetch.Stretch(bytes, Streams(stepBytes));
        _aheadEnd = ahead + _stretch;
    }

    /// <summary>Goes to cells that hold the same k.</summary>
    /// <param name="cells">The first of them.</param>
    /// <param name="bytes">Bytes of all; a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin(byte* cells, int bytes) => _near = cells + (Distance + bytes - 1) / bytes * bytes;

    /// <summary>Half of a step's lines of what comes up and of what comes next.</summary>
    /// <param name="bytes">Bytes of the panel that a step takes, up to 512; a constant.</param>
    /// <param name="half">0 or 1, a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Half(int bytes, int half)
    {
        if (Sse.IsSupported)
        {
            Every2nd(_near, Line, (bytes + Line - 1) / Line, half, isNear: true);
            if (_ahead < _aheadEnd)
            {
                Every2nd(_ahead, _stretch, Streams(bytes), half, isNear: false);
            }
        }
    }

    /// <summary>Goes to the next step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next(int bytes)
    {
        _near += bytes;
        _ahead += Line;
    }

    // So few that they do not end before the tile does: 2 % slower if they do, for all that some lines are left out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Streams(int bytes) => Math.Max(1, bytes / Line);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Every2nd(byte* first, nint stride, int lines, int half, bool isNear)
    {
        first += half * stride;
        One(first, half < lines, isNear);
        One(first + 2 * stride, half + 2 < lines, isNear);
        One(first + 4 * stride, half + 4 < lines, isNear);
        One(first + 6 * stride, half + 6 < lines, isNear);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void One(byte* line, bool isWanted, bool isNear)
    {
        if (isWanted && isNear)
        {
            Sse.Prefetch0(line);
        }
        else if (isWanted)
        {
            Sse.Prefetch1(line);
        }
    }
}
