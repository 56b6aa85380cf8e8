using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>Opens files of a model: what the operating system refuses becomes an <see cref="InputException"/> that
/// names the file, and a length is known and compared with a limit before anything is allocated.</summary>
internal static class BoundedFile
{
    /// <summary>Reads a whole file of at most <paramref name="limit"/> bytes.</summary>
    public static byte[] ReadAll(string path, long limit)
    {
        using FileStream stream = Open(path, limit);
        try
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (IOException error)
        {
            throw new InputException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Opens a regular file of at most <paramref name="limit"/> bytes for reading.</summary>
    public static FileStream Open(string path, long limit)
    {
        FileStream? stream = null;
        try
        {
            if (Directory.Exists(path))
            {
                throw new InputException($"{path}: expected a file, found a folder");
            }
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (!stream.CanSeek)
            {
                throw new InputException($"{path}: expected a regular file, found a device or pipe");
            }
            if (stream.Length > limit)
            {
                throw new InputException($"{path}: the file has {stream.Length} bytes, the limit is {limit}");
            }
            return stream;
        }
        catch (InputException)
        {
            stream?.Dispose();
            throw;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: there is no such file", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            stream?.Dispose();
            throw new InputException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
