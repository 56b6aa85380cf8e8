namespace GpuTransformer.Cli;

/// <summary>What the program's exit code means.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int CheckFailed = 1;
    public const int Usage = 2;
    public const int InputOutput = 3;
    public const int Device = 4;
    public const int Interrupted = 130;
}
