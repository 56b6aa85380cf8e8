using System.Diagnostics;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Algorithms.ScanReduceOperations;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels.Tests;

/// <summary>
/// The entry point of this assembly, which the test runner never calls: a test starts it as a process of its own to
/// see a kernel end that process.
/// </summary>
internal static class FaultProcess
{
    private const int Survived = 42;

    private static int Main(string[] arguments)
    {
        using var device = BareDevice.Open("Default");
        using var buffer = device.Zeros(16);
        Action<ArrayView<int>> kernel = arguments[0] switch
        {
            "index past the end" => PastTheEnd,
            "negative index" => BeforeTheBegin,
            "sub-view past the end" => SubViewPastTheEnd,
            "empty sub-view at the end" => EmptySubViewAtTheEnd,
            "exception" => DivideByZero,
            "leaving before a barrier" => LeaveBeforeBarrier,
            "leaving while others wait at a barrier" => LeaveAfterOthersWait,
            "leaving before a shuffle" => LeaveBeforeShuffle,
            "barrier and shuffle at once" => BarrierAndShuffle,
            "shared arrays of two sizes" => SharedArraysOfTwoSizes,
            "two dynamic blocks" => TwoDynamicBlocks,
            "reduction over a partial warp" => ReduceKernel,
            "none" => NoFault,
            _ => throw new ArgumentException($"There is no fault called {arguments[0]}."),
        };
        var launch = device.Accelerator.LoadStreamKernel(kernel);
        var shared = kernel == TwoDynamicBlocks ? SharedMemoryConfig.RequestDynamic<int>(8) : default;
        launch(new KernelConfig(1, kernel == ReduceKernel ? 5 : 4, shared), buffer.View);
        return Survived;
    }

    /// <summary>Runs one fault in a process; true when it lived to its end.</summary>
    internal static bool Survives(string fault, out string message)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList = { "exec", typeof(FaultProcess).Assembly.Location, fault },
            Environment = { ["DOTNET_DbgEnableMiniDump"] = "0" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        message = process.StandardError.ReadToEnd();
        output.Wait();
        process.WaitForExit();
        return process.ExitCode == Survived;
    }

    private static void NoFault(ArrayView<int> view)
    {
        Group.Barrier();
        view[Group.IdxX] = Warp.Shuffle(Group.IdxX, 0);
    }

    private static void PastTheEnd(ArrayView<int> view) => view[Group.IdxX + 13] = 1;

    private static void BeforeTheBegin(ArrayView<int> view) => view[Group.IdxX - 1] = 1;

    private static void SubViewPastTheEnd(ArrayView<int> view) => view.SubView(8, 9)[0] = 1;

    private static void EmptySubViewAtTheEnd(ArrayView<int> view) => view[0] = view.SubView(16, 0).IntLength;

    private static void DivideByZero(ArrayView<int> view) => view[0] = 1 / (Group.DimX - 4);

    private static void LeaveBeforeBarrier(ArrayView<int> view)
    {
        if (Group.IdxX == 0)
            return;
        Group.Barrier();
        view[0] = 1;
    }

    private static void LeaveAfterOthersWait(ArrayView<int> view)
    {
        if (Group.IdxX == 3)
            return;
        Group.Barrier();
        view[0] = 1;
    }

    private static void LeaveBeforeShuffle(ArrayView<int> view)
    {
        if (Group.IdxX == 1)
            return;
        view[0] = Warp.Shuffle(1, 2);
    }

    private static void BarrierAndShuffle(ArrayView<int> view)
    {
        if (Group.IdxX < 2)
            Group.Barrier();
        else
            view[0] = Warp.Shuffle(1, 2);
    }

    private static void SharedArraysOfTwoSizes(ArrayView<int> view)
    {
        var shared = Group.IdxX < 2 ? SharedMemory.Allocate<int>(4) : SharedMemory.Allocate<int>(8);
        view[0] = shared.IntLength;
    }

    private static void ReduceKernel(ArrayView<int> view) => view[0] = GroupExtensions.AllReduce<int, MaxInt32>(-1);

    private static void TwoDynamicBlocks(ArrayView<int> view)
    {
        var first = SharedMemory.GetDynamic<int>();
        var second = SharedMemory.GetDynamic<float>();
        view[0] = first.IntLength + second.IntLength;
    }
}
