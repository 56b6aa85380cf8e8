namespace GpuTransformer.Cli.Text;

/// <summary>The inputs of a text command, read as they are asked for.</summary>
/// <param name="inputs">The inputs; they can be walked once.</param>
/// <param name="file">The file that they come from, where there is one.</param>
internal sealed class TextSource(IEnumerable<TextInput> inputs, FileStream? file = null) : IDisposable
{
    /// <summary>The inputs.</summary>
    public IEnumerable<TextInput> Inputs => inputs;

    /// <summary>Bytes in all; null where nobody knows.</summary>
    public long? Length => file is { CanSeek: true } ? file.Length : null;

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();
}
