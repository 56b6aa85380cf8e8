using System.Runtime.InteropServices;
using GpuTransformer.Kernels;

namespace GpuTransformer.Bench.Overhead;

/// <summary>A pass of steps of some tiles, each of which counts for about two microseconds: long enough that every thread
/// takes one, so that a tile for each thread shows against one tile alone what handing out and waiting cost.</summary>
internal sealed unsafe class SharedSteps : IDisposable
{
    private const int Products = 1_500;
    private readonly CpuStep* _steps;
    private readonly int* _tiles;

    public SharedSteps(int tiles)
    {
        _tiles = (int*)NativeMemory.Alloc(sizeof(int));
        *_tiles = tiles;
        _steps = (CpuStep*)NativeMemory.Alloc(EmptyModel.Operations, (nuint)sizeof(CpuStep));
        for (var i = 0; i < EmptyModel.Operations; i++)
        {
            _steps[i] = new CpuStep(&Tiles, &Count, _tiles);
        }
    }

    public void Walk() => CpuPool.Shared.Walk(_steps, EmptyModel.Operations);

    public void Dispose()
    {
        NativeMemory.Free(_steps);
        NativeMemory.Free(_tiles);
    }

    private static int Tiles(void* args) => *(int*)args;

    private static void Count(void* args, int tile)
    {
        // Each product waits for the one before: three or four cycles.
        var product = (uint)tile | 1;
        for (var i = 0; i < Products; i++)
        {
            product *= 2_654_435_761;
        }

        if (product == 0)
        {
            *(int*)args = 0;
        }
    }
}
