namespace GpuTransformer.Kernels;

/// <summary>A tile of sums in registers, whose numbers of rows and of registers a row are constants of its code.</summary>
internal unsafe interface IRegisterTile<TArgs>
    where TArgs : unmanaged
{
    static abstract void Run<TVectors, TRows>(TArgs* args)
        where TVectors : ICount
        where TRows : ICount;
}

/// <summary>Finds a tile's code for its size; each size is compiled when it is first used.</summary>
internal static unsafe class RegisterTile<TTile, TArgs>
    where TTile : IRegisterTile<TArgs>
    where TArgs : unmanaged
{
    public static void Run(TArgs* args, int vectors, int rows)
    {
        switch (vectors)
        {
            case 1:
                Run<One>(args, rows);
                break;
            case 2:
                Run<Two>(args, rows);
                break;
            default:
                Run<Three>(args, rows);
                break;
        }
    }

    private static void Run<TVectors>(TArgs* args, int rows)
        where TVectors : ICount
    {
        switch (rows)
        {
            case 1:
                TTile.Run<TVectors, One>(args);
                break;
            case 2:
                TTile.Run<TVectors, Two>(args);
                break;
            case 3:
                TTile.Run<TVectors, Three>(args);
                break;
            case 4:
                TTile.Run<TVectors, Four>(args);
                break;
            case 5:
                TTile.Run<TVectors, Five>(args);
                break;
            case 6:
                TTile.Run<TVectors, Six>(args);
                break;
            case 7:
                TTile.Run<TVectors, Seven>(args);
                break;
            default:
                TTile.Run<TVectors, Eight>(args);
                break;
        }
    }
}
