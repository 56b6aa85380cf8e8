namespace ILGPU.Execution;

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7, T8>(Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7, A8);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7, A8);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7, A8, A9);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7, A8, A9);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;
    internal T12 A12 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;
    internal T12 A12 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;
    internal T12 A12 = default!;
    internal T13 A13 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;
    internal T12 A12 = default!;
    internal T13 A13 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13);
    }
}

internal sealed class KernelTask<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel) : KernelTask(kernel)
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;
    internal T12 A12 = default!;
    internal T13 A13 = default!;
    internal T14 A14 = default!;

    internal override void RunLane(GroupRun run) => kernel(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14);
}

internal sealed class IndexedTask<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(Action<TIndex, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel) : KernelTask(kernel)
    where TIndex : struct, IIndex
{
    internal T1 A1 = default!;
    internal T2 A2 = default!;
    internal T3 A3 = default!;
    internal T4 A4 = default!;
    internal T5 A5 = default!;
    internal T6 A6 = default!;
    internal T7 A7 = default!;
    internal T8 A8 = default!;
    internal T9 A9 = default!;
    internal T10 A10 = default!;
    internal T11 A11 = default!;
    internal T12 A12 = default!;
    internal T13 A13 = default!;
    internal T14 A14 = default!;

    internal override void RunLane(GroupRun run)
    {
        if (run.TryGetUserIndex(out TIndex index))
            kernel(index, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14);
    }
}
