using System.Runtime.InteropServices;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Overhead;

/// <summary>A pass of steps of some tiles, each of which counts for about two microseconds: long enough that every thread
/// takes one, so that a tile for each thread shows against one tile alone what handing out and waiting cost.</summary>
internal sealed unsafe class SharedSteps : IDisposable
{
    private const int Products = 1_500;
    private readonly CpuStep* _steps;
    private readonly Work* _work;

    public SharedSteps(int tiles)
    {
        _work = (Work*)NativeMemory.AllocZeroed((nuint)sizeof(Work));
        _work->Tiles = tiles;
        _steps = (CpuStep*)NativeMemory.Alloc(EmptyModel.Operations, (nuint)sizeof(CpuStep));
        for (var i = 0; i < EmptyModel.Operations; i++)
        {
            _steps[i] = new CpuStep(&Tiles, &Count, _work);
        }
    }

    /// <summary>The part of their tiles that workers took: where others have the processors, the caller does them all.</summary>
    public double ShareOfWorkers
    {
        get
        {
            var others = 0L;
            for (var tile = 0; tile < _work->Tiles; tile++)
            {
                others += _work->ByOthers[tile];
            }

            return (double)others / ((_work->Tiles - 1L) * EmptyModel.Operations * _work->Passes);
        }
    }

    public void Walk()
    {
        _work->Caller = Environment.CurrentManagedThreadId;
        _work->Passes++;
        CpuPool.Shared.Walk(_steps, EmptyModel.Operations);
    }

    public void Dispose()
    {
        NativeMemory.Free(_steps);
        NativeMemory.Free(_work);
    }

    private static int Tiles(void* args) => ((Work*)args)->Tiles;

    private static void Count(void* args, int tile)
    {
        // Each product waits for the one before: three or four cycles.
        var product = (uint)tile | 1;
        for (var i = 0; i < Products; i++)
        {
            product *= 2_654_435_761;
        }

        // Odd numbers stay odd: never more than one for a tile.
        var work = (Work*)args;
        work->ByOthers[tile] += work->Caller == Environment.CurrentManagedThreadId ? 0 : (int)(product & 1);
    }

    private struct Work
    {
        public int Tiles;
        public int Caller;
        public long Passes;
        public fixed long ByOthers[CpuPool.MaxThreads];
    }
}
