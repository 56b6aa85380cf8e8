using Microsoft.Win32.SafeHandles;

namespace GpuTransformer.Cli.Text;

/// <summary>Standard output, in whole lines that go out at once. Console.Out hides that nobody reads any more; here it is
/// a <see cref="BrokenPipeException"/>.</summary>
internal sealed class OutputLines : IDisposable
{
    private const nint StandardOutput = 1;
    private readonly Stream _stream;

    private OutputLines(Stream stream) => _stream = stream;

    /// <summary>Standard output.</summary>
    public static OutputLines Standard()
    {
        if (!OperatingSystem.IsWindows())
        {
            // A file may be shared with another program; a file stream would keep a position of its own in it.
            var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            if (!stream.CanSeek)
            {
                return new OutputLines(stream);
            }
        }

        return new OutputLines(Console.OpenStandardOutput());
    }

    /// <summary>Any stream.</summary>
    public static OutputLines To(Stream stream) => new(stream);

    /// <summary>Writes lines, each ended by \n.</summary>
    public void Write(ReadOnlySpan<byte[]> lines)
    {
        var block = new byte[lines.Length + Sum(lines)];
        var at = 0;
        foreach (var line in lines)
        {
            line.CopyTo(block, at);
            at += line.Length;
            block[at++] = (byte)'\n';
        }

        try
        {
            _stream.Write(block);
            _stream.Flush();
        }
        catch (IOException error)
        {
            throw new BrokenPipeException(error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static int Sum(ReadOnlySpan<byte[]> lines)
    {
        var sum = 0;
        foreach (var line in lines)
        {
            sum = checked(sum + line.Length);
        }

        return sum;
    }
}

/// <summary>Nobody reads standard output any more, or it cannot take more.</summary>
internal sealed class BrokenPipeException(IOException inner) : IOException(inner.Message, inner)
{
    private const int BrokenPipe = 32;

    /// <summary>Whether the reader has gone, which is no fault, rather than a full disk.</summary>
    public bool ReaderHasGone => OperatingSystem.IsWindows() || InnerException!.HResult == BrokenPipe;
}
