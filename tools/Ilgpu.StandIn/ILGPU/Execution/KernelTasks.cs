namespace ILGPU.Execution;

internal sealed class KernelTask<T1>(Action<T1> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1);
}

internal sealed class IndexedTask<TIndex, T1>(Action<TIndex, T1> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1);
    }
}

internal sealed class KernelTask<T1, T2>(Action<T1, T2> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2);
}

internal sealed class IndexedTask<TIndex, T1, T2>(Action<TIndex, T1, T2> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2);
    }
}

internal sealed class KernelTask<T1, T2, T3>(Action<T1, T2, T3> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3>(Action<TIndex, T1, T2, T3> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4>(Action<T1, T2, T3, T4> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4>(Action<TIndex, T1, T2, T3, T4> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5>(Action<T1, T2, T3, T4, T5> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5>(Action<TIndex, T1, T2, T3, T4, T5> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6>(Action<T1, T2, T3, T4, T5, T6> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6>(Action<TIndex, T1, T2, T3, T4, T5, T6> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7>(Action<T1, T2, T3, T4, T5, T6, T7> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7);
    }
}
