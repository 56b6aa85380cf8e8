namespace GpuTransformer.Cli.Text;

/// <summary>The inputs of a text command, read as they are asked for, and how far they are read.</summary>
/// <param name="inputs">The inputs.</param>
/// <param name="lines">Where they come from, unless from the command line.</param>
/// <param name="file">The file, where there is one.</param>
internal sealed class TextSource(IEnumerable<TextInput> inputs, InputLines? lines, FileStream? file) : IDisposable
{
    public TextSource(InputLines lines, FileStream? file)
        : this(lines.All(), lines, file)
    {
    }

    /// <summary>The inputs; they can be walked once.</summary>
    public IEnumerable<TextInput> Inputs => inputs;

    /// <summary>Bytes in all; null where nobody knows.</summary>
    public long? Length => file is { CanSeek: true } ? file.Length : null;

    /// <summary>Bytes read so far.</summary>
    public long Position => lines?.BytesRead ?? 0;

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();
}
