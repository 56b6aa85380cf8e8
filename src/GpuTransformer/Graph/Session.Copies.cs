using GpuTransformer.Kernels;
using ILGPU.Runtime;

namespace GpuTransformer.Graph;

/// <summary>What goes to the device and comes back. On CUDA through page-locked memory, queued in the order of the launches;
/// what fails is told as our error.</summary>
internal sealed unsafe partial class Session
{
    private void WriteInput(ValueInfo input, ReadOnlySpan<float> values)
    {
        var offset = Plan.OffsetOf(input);
        if (_staging is null || values.IsEmpty)
        {
            _arena.Write(Stream, offset, values);
            return;
        }

        try
        {
            _staging.Write(_arena.View.SubView(offset, values.Length), values);
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(Kernels.Traits, $"writing {input.Name} of {Program.Name}", error);
        }
    }

    private void WriteTables(int[] tables)
    {
        if (_staging is null)
        {
            _integers.Write(Stream, 0, tables);
            return;
        }

        try
        {
            _staging.Write(_integers.View, tables.AsSpan());
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(Kernels.Traits, $"writing the tables of {Program.Name}", error);
        }
    }

    /// <summary>Waits for the run; the status word is 0, or 1 + the row whose id was refused.</summary>
    private int ReadWithStatus(int offset, Span<float> values)
    {
        var status = 0;
        try
        {
            if (_staging is not null)
            {
                _staging.Read(_arena.View.SubView(offset, Math.Max(1, values.Length)), values, _integers.View.SubView(0, 1), out status);
                return status;
            }

            if (_mirror is not null)
            {
                Stream.Synchronize();
            }
        }
        catch (AcceleratorException error)
        {
            throw Failed(error);
        }

        _arena.Read(Stream, offset, values);
        _integers.Read(Stream, 0, new Span<int>(ref status));
        return status;
    }

    /// <summary>A device tells of a failed launch when it is waited for, and not of which.</summary>
    private DeviceException Failed(AcceleratorException error) => new(
        $"{Kernels.Traits.Name}: the run of {Program.Name} ({_operations.Length} launches) failed: {error.Message}; " +
        "with a trace each launch is waited for, and the one that fails is named.", error);

    /// <summary>What goes in and out in a run, at capacity.</summary>
    private long BytesARun() => sizeof(float) * (
        _integers.Length
        + Program.Inputs.Values.Sum(input => input.Tensor.Elements)
        + Program.Outputs.Values.Sum(output => output.Tensor.Elements));
}
