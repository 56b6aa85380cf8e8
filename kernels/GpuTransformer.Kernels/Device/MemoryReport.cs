namespace GpuTransformer.Kernels;

/// <summary>A kernel set's memory on its device: weights, caches, arenas, workspaces.</summary>
/// <param name="HeldBytes">Taken from the driver.</param>
/// <param name="UsedBytes">Of these, in use.</param>
/// <param name="PeakBytes">The most that was in use at a time.</param>
/// <param name="Allocations">Allocations of the driver's that hold it.</param>
/// <param name="DeviceBytes">The device's memory; 0: not known, or the host's.</param>
public sealed record MemoryReport(long HeldBytes, long UsedBytes, long PeakBytes, int Allocations, long DeviceBytes);
