using System.Buffers.Binary;
using GpuTransformer.Kernels;

namespace GpuTransformer.Weights.Gguf;

/// <summary>Orders records of a GGUF file by the names that they begin with, and finds them.</summary>
internal static unsafe class GgufNameOrder
{
    /// <summary>Puts places of records in the order of their names' bytes; the same name twice is an error.</summary>
    public static void Sort(MappedFile file, int[] places, string kind)
    {
        var order = new Order(file.Start);
        places.AsSpan().Sort(order);
        for (int i = 1; i < places.Length; i++)
        {
            if (order.Compare(places[i - 1], places[i]) == 0)
            {
                throw new InputException(
                    $"{file.Path}: the {kind} {Quoted.Of(NameAt(file.Start, places[i]))} stands twice in the file");
            }
        }
    }

    /// <summary>The index of a name among ordered places, or -1.</summary>
    public static int Find(MappedFile file, ReadOnlySpan<int> places, ReadOnlySpan<byte> name)
    {
        byte* start = file.Start;
        int low = 0;
        int high = places.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = NameAt(start, places[middle]).SequenceCompareTo(name);
            if (order == 0)
            {
                return middle;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    // Lengths were checked to be small when the file was opened.
    private static ReadOnlySpan<byte> NameAt(byte* start, int place)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(start + place, 8));
        return new ReadOnlySpan<byte>(start + place + 8, (int)length);
    }

    private sealed class Order(byte* start) : IComparer<int>
    {
        public int Compare(int x, int y) => NameAt(start, x).SequenceCompareTo(NameAt(start, y));
    }
}
