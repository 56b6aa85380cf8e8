using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace ILGPU.Execution;

/// <summary>
/// Remembers what the lanes of one checked launch touch. A stretch is what one lane does between two rendezvous, while
/// no other lane runs; at its end each touched word is read again, and what changed was written. A reference that
/// the lane took before a barrier and writes through after it is seen as well (<c>sums[i] = SumOfGroup()</c>).
/// </summary>
internal sealed unsafe partial class AccessLog(RaceCheck check)
{
    private static int running;
    private static int launches;

    private readonly int launch = Interlocked.Increment(ref launches);
    private readonly List<Access> touched = [];
    private int stretch = 1;
    private int epoch = 1;
    private int group;

    /// <summary>Whether any checked launch runs in the process: one load that decides for every access.</summary>
    internal static bool IsOn => running > 0;

    internal RaceCheck Check => check;

    internal static void Enter() => Interlocked.Increment(ref running);

    internal static void Exit() => Interlocked.Decrement(ref running);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Touch(MemoryBuffer buffer, long offset, int size)
    {
        if (GroupRun.CurrentOrNull?.Log is { } log)
            log.Add(buffer, offset, size);
    }

    /// <summary>Says that the lane updates a word that it has just touched atomically.</summary>
    internal static void Update<T>(ref T target)
        where T : unmanaged
    {
        if (IsOn && GroupRun.CurrentOrNull?.Log is { } log)
            log.MarkAtomic((nint)Unsafe.AsPointer(ref target), sizeof(T));
    }

    internal void BeginGroup(long index)
    {
        group = (int)index;
        epoch++;
        stretch++;
        touched.Clear();
        foreach (var kept in keptOfLane)
            kept.Clear();
    }

    internal void PassBarrier() => epoch++;

    /// <summary>Classifies what the running lane touched since it was here last.</summary>
    internal void EndStretch(GroupRun run, int warpEpoch, bool isLast)
    {
        var mark = new LaneMark(run.Lane, warpEpoch);
        var kept = KeptOf(run.Lane);
        EndKept(kept, run, mark, isLast);
        foreach (var access in touched)
        {
            bool isWrite = HasChanged(access);
            bool isUnwritten = false;
            for (long unit = access.Begin; unit < access.End; unit++)
                isUnwritten |= Classify(access, unit, isWrite, run, mark);
            if (isLast && isUnwritten)
                ReportUnwritten(access, run);
            else if (!isLast)
                kept.Add(new(access, 0, isUnwritten));
        }
        touched.Clear();
        stretch++;
    }

    /// <summary>Whether any bit of the element is another: then all of it was written.</summary>
    private static bool HasChanged(in Access access)
    {
        for (long unit = access.Begin; unit < access.End; unit++)
        {
            if (Read(access.Buffer, unit) != access.Buffer.Shadow![unit].Before)
                return true;
        }
        return false;
    }

    private static uint Read(MemoryBuffer buffer, long unit) => buffer.Shadow!.UnitShift == 0
        ? *((byte*)buffer.NativePtr + unit)
        : *((uint*)buffer.NativePtr + unit);

    private void Add(MemoryBuffer buffer, long offset, int size)
    {
        bool isFine = size % 4 != 0 || offset % 4 != 0;
        if (buffer.Shadow == null || (isFine && buffer.Shadow.UnitShift != 0))
            MakeShadow(buffer, isFine);
        int shift = buffer.Shadow!.UnitShift;
        var access = new Access(buffer, offset >> shift, ((offset + size - 1) >> shift) + 1, size);
        bool isNew = false;
        for (long unit = access.Begin; unit < access.End; unit++)
        {
            ref var word = ref buffer.Shadow[unit];
            if (word.Launch != launch)
                word.Begin(launch);
            if (word.Stretch == stretch)
            {
                isNew |= word.IsKept;
                word.IsKept = false;
                continue;
            }
            word.Stretch = stretch;
            word.IsAtomic = word.IsKept = false;
            word.Before = Read(buffer, unit);
            isNew = true;
        }
        if (isNew)
            touched.Add(access);
    }

    private void MakeShadow(MemoryBuffer buffer, bool isFine)
    {
        touched.RemoveAll(access => access.Buffer == buffer);
        foreach (var kept in keptOfLane)
            kept.RemoveAll(reference => reference.Access.Buffer == buffer);
        buffer.Shadow = new(buffer.LengthInBytes, isFine || buffer.LengthInBytes % 4 != 0 ? 0 : 2);
    }

    private void MarkAtomic(nint address, int size)
    {
        for (int i = touched.Count - 1; i >= 0; i--)
        {
            var buffer = touched[i].Buffer;
            long offset = address - buffer.NativePtr;
            if (offset < 0 || offset >= buffer.LengthInBytes)
                continue;
            int shift = buffer.Shadow!.UnitShift;
            for (long unit = offset >> shift; unit <= (offset + size - 1) >> shift; unit++)
                buffer.Shadow[unit].IsAtomic = true;
            return;
        }
    }

    /// <summary>Whether it was read from shared memory where nobody has written.</summary>
    private bool Classify(in Access access, long unit, bool isWrite, GroupRun run, LaneMark mark)
    {
        var buffer = access.Buffer;
        ref var word = ref buffer.Shadow![unit];
        Enter(ref word, buffer);
        if (word.IsAtomic)
        {
            Atomic(ref word, run, mark, buffer, unit);
        }
        else if (isWrite)
        {
            Write(ref word, run, mark, buffer, unit);
        }
        else
        {
            // A byte that was written may well be that of the poison.
            bool isUnwritten = buffer is ScratchBuffer && !word.HasWrite && !word.HasAtomic && access.Size >= 4;
            ReadOnly(ref word, run, mark, buffer, unit);
            return isUnwritten;
        }
        return false;
    }

    private void Enter(ref ShadowWord word, MemoryBuffer buffer)
    {
        if (word.Group != group)
        {
            bool isShared = buffer is ScratchBuffer;
            if (word.Group >= 0 && !isShared)
            {
                word.EarlierReader = word.HasRead ? word.Group : word.EarlierReader;
                word.EarlierWriter = word.HasWrite ? word.Group : word.EarlierWriter;
                word.EarlierAtomic = word.HasAtomic ? word.Group : word.EarlierAtomic;
            }
            word.Group = group;
            word.HasRead = word.HasWrite = word.HasAtomic = false;
            word.Epoch = 0;
        }
        if (word.Epoch != epoch)
        {
            word.Epoch = epoch;
            word.ForgetLanes();
        }
    }

    private void ReadOnly(ref ShadowWord word, GroupRun run, LaneMark mark, MemoryBuffer buffer, long unit)
    {
        Meet("read", "written", word.Writer, word.EarlierWriter, run, mark, buffer, unit);
        Meet("read", "updated atomically", word.Atomic, word.EarlierAtomic, run, mark, buffer, unit);
        word.HasRead = true;
        if (word.ReaderA.Lane < 0 || word.ReaderA.Lane == mark.Lane)
            word.ReaderA = mark;
        else if (word.ReaderB.Lane < 0 || word.ReaderB.Lane == mark.Lane || IsSameWarp(word.ReaderA, word.ReaderB, run))
            word.ReaderB = mark;
    }

    private void Write(ref ShadowWord word, GroupRun run, LaneMark mark, MemoryBuffer buffer, long unit)
    {
        Meet("written", "written", word.Writer, word.EarlierWriter, run, mark, buffer, unit);
        Meet("written", "updated atomically", word.Atomic, word.EarlierAtomic, run, mark, buffer, unit);
        Meet("written", "read", word.ReaderA, word.EarlierReader, run, mark, buffer, unit);
        Meet("written", "read", word.ReaderB, ShadowWord.None, run, mark, buffer, unit);
        word.HasWrite = true;
        word.Writer = mark;
    }

    private void Atomic(ref ShadowWord word, GroupRun run, LaneMark mark, MemoryBuffer buffer, long unit)
    {
        Meet("updated atomically", "written", word.Writer, word.EarlierWriter, run, mark, buffer, unit);
        Meet("updated atomically", "read", word.ReaderA, word.EarlierReader, run, mark, buffer, unit);
        Meet("updated atomically", "read", word.ReaderB, ShadowWord.None, run, mark, buffer, unit);
        word.HasAtomic = true;
        word.Atomic = mark;
    }

    private void Meet(
        string now, string before, LaneMark other, int earlierGroup, GroupRun run, LaneMark mark, MemoryBuffer buffer, long unit)
    {
        if (other.IsConcurrentWith(mark, run.WarpSize))
            check.ReportRace($"{Place(buffer, unit)} is {now} by {run.Place} and {before} by thread {other.Lane} with no barrier between");
        if (earlierGroup >= 0)
            check.ReportRace($"{Place(buffer, unit)} is {now} by {run.Place} and {before} by group {earlierGroup} of the launch");
    }

    private static string Place(MemoryBuffer buffer, long unit)
    {
        string where = buffer is ScratchBuffer ? "shared or local block" : "buffer";
        return $"Byte {unit << buffer.Shadow!.UnitShift} of a {where} of {buffer.LengthInBytes}";
    }

    private static bool IsSameWarp(LaneMark first, LaneMark second, GroupRun run) =>
        first.Lane / run.WarpSize == second.Lane / run.WarpSize;

    /// <summary>One element that was touched: units from Begin up to End of the buffer's shadow.</summary>
    private readonly record struct Access(MemoryBuffer Buffer, long Begin, long End, int Size);
}
