using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>Base of every error this library raises on purpose. The message names the thing, what was expected and
/// what was found; nothing has been launched when it is thrown.</summary>
public abstract class GpuTransformerException : Exception
{
    /// <summary>Makes the error with its message.</summary>
    protected GpuTransformerException(string message) : base(message) { }

    /// <summary>Makes the error with its message and what caused it.</summary>
    protected GpuTransformerException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A tensor, view or option does not fit the operation: wrong shape, stride, size or combination.</summary>
public sealed class ShapeException : GpuTransformerException
{
    /// <summary>Makes the error with its message.</summary>
    public ShapeException(string message) : base(message) { }
}

/// <summary>Something from outside is wrong: a file, a config, a weight, an id beyond the vocabulary, a text too long.</summary>
public sealed class InputException : GpuTransformerException
{
    /// <summary>Makes the error with its message.</summary>
    public InputException(string message) : base(message) { }

    /// <summary>Makes the error with its message and what caused it.</summary>
    public InputException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A device is missing, lost, out of memory, or cannot do what was asked of it.</summary>
public sealed class DeviceException : GpuTransformerException
{
    /// <summary>Makes the error with its message.</summary>
    public DeviceException(string message) : base(message) { }

    /// <summary>Makes the error with its message and what caused it.</summary>
    public DeviceException(string message, Exception inner) : base(message, inner) { }

    /// <summary>What a driver reported while something was done: a device that is lost, a kernel that failed.</summary>
    internal static DeviceException Of(DeviceTraits traits, string doing, AcceleratorException error) =>
        new($"{traits.Name}: {doing} failed: {error.Message}", error);

    /// <summary>Gives something back to a driver that may have lost its device: there is nothing more to say then.</summary>
    internal static void Ignore(Action release)
    {
        try
        {
            release();
        }
        catch (AcceleratorException)
        {
            // What made the device fail was reported where it happened.
        }
    }
}
