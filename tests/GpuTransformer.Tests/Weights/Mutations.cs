using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using GpuTransformer.Kernels;
using Xunit;

namespace GpuTransformer.Tests.Weights;

/// <summary>Files changed at random: cut, filled, overwritten with what readers stumble over. Whatever comes of it, there
/// is an answer or one of our errors, soon, on a small stack, for memory that the file's size bounds.</summary>
internal static class Mutations
{
    private const int Stack = 256 * 1024;
    private const long Slack = 64 * 1024;
    private static readonly TimeSpan s_hangs = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    /// <summary>Pieces that a mutation may put into any file.</summary>
    public static byte[][] Scraps { get; } =
    [
        [], [0], [0xff], [0x80], "\n"u8.ToArray(), " "u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(),
        "]"u8.ToArray(), "\""u8.ToArray(), ","u8.ToArray(), ":"u8.ToArray(), "-1"u8.ToArray(), "1e9"u8.ToArray(),
        "99999999999999999999"u8.ToArray(), "\\ud800"u8.ToArray(), "null"u8.ToArray(), "NaN"u8.ToArray(),
        BitConverter.GetBytes(uint.MaxValue), BitConverter.GetBytes(ulong.MaxValue), BitConverter.GetBytes(1L << 62),
        BitConverter.GetBytes(1L << 32), BitConverter.GetBytes(float.NaN), new byte[16],
    ];

    /// <summary>Opens mutations of a file. <paramref name="open"/> may allocate 64 KiB and
    /// <paramref name="mostPerByte"/> bytes for each of the file.</summary>
    public static void Check(byte[] whole, Action<byte[]> open, int mostPerByte = 2)
    {
        open(whole);
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    Prop.ForAll(
                        ArbMap.Default.ArbFor<(ushort At, byte Cut, byte Scrap, bool Over)[]>(),
                        changes => OpenOne(Mutate(whole, changes), open, mostPerByte))
                        .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
                }
                catch (Exception error)
                {
                    failure = error;
                }
            },
            Stack)
        {
            IsBackground = true,
        };
        thread.Start();
        Assert.True(thread.Join(s_longest), $"not done after {s_longest}");
        Assert.Null(failure);
    }

    /// <summary>Every truncation must be refused with an error that names <paramref name="mention"/>.</summary>
    public static void RefusesEveryTruncation(byte[] whole, Action<byte[]> open, string mention)
    {
        open(whole);
        for (int length = 0; length < whole.Length; length++)
        {
            InputException error = Assert.Throws<InputException>(() => open(whole[..length]));
            Assert.Contains(mention, error.Message, StringComparison.Ordinal);
        }
    }

    private static void OpenOne(byte[] file, Action<byte[]> open, int mostPerByte)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        try
        {
            open(file);
        }
        catch (InputException)
        {
            // The only error that a file may cause.
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= Slack + mostPerByte * (long)file.Length, $"{allocated} bytes for a file of {file.Length}");
        Assert.True(watch.Elapsed < s_hangs, $"{watch.Elapsed} for a file of {file.Length} bytes");
    }

    private static byte[] Mutate(byte[] whole, (ushort At, byte Cut, byte Scrap, bool Over)[] changes)
    {
        List<byte> mutated = [.. whole];
        foreach ((ushort at, byte cut, byte scrap, bool over) in changes)
        {
            int place = at % (mutated.Count + 1);
            byte[] piece = Scraps[scrap % Scraps.Length];
            int removed = over ? piece.Length : cut % 8;
            mutated.RemoveRange(place, Math.Min(removed, mutated.Count - place));
            mutated.InsertRange(place, piece);
        }
        return [.. mutated];
    }
}
