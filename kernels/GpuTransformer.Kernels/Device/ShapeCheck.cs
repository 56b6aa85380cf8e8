using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Kernels;

/// <summary>What every launcher asks of its arguments before it launches; each failure names operation and view.</summary>
internal static class ShapeCheck
{
    /// <summary>The view holds <paramref name="rows"/> rows of <paramref name="width"/> that do not overlap.</summary>
    public static void Rows(string operation, string name, in RowView view, long rows, int width)
    {
        if (view.Offset < 0)
        {
            throw new ShapeException($"{operation}: the offset of {name} must not be negative, found {view.Offset}.");
        }

        if (rows > 1 && view.Stride < width)
        {
            throw new ShapeException(
                $"{operation}: the stride of {name} must be at least its width {width}, found {view.Stride}.");
        }

        AtMostIntMax(operation, name, view.Data.Length);
        AtMostIntMax(operation, name, rows);
        var needed = rows <= 0 || width <= 0 ? 0 : view.Offset + (rows - 1) * view.Stride + width;
        if (needed > view.Data.Length)
        {
            throw new ShapeException(
                $"{operation}: {name} needs {needed} elements for {rows} rows of {width} " +
                $"(offset {view.Offset}, stride {view.Stride}), found {view.Data.Length}.");
        }
    }

    /// <summary>The view holds <paramref name="batch"/> such matrices, <paramref name="batchStride"/> elements apart.</summary>
    public static void Batch(
        string operation, string name, in RowView view, long rows, int width, int batch, int batchStride)
    {
        Rows(operation, name, view, rows, width);
        if (batch <= 1)
        {
            return;
        }

        if (batchStride < 0)
        {
            throw new ShapeException(
                $"{operation}: the batch stride of {name} must not be negative, found {batchStride}.");
        }

        var needed = rows <= 0 || width <= 0
            ? 0
            : view.Offset + (batch - 1L) * batchStride + (rows - 1) * view.Stride + width;
        if (needed > view.Data.Length)
        {
            throw new ShapeException(
                $"{operation}: {name} needs {needed} elements for {batch} matrices of {rows} rows of {width} " +
                $"(offset {view.Offset}, stride {view.Stride}, batch stride {batchStride}), found {view.Data.Length}.");
        }
    }

    /// <summary>The view holds <paramref name="count"/> elements from <paramref name="offset"/> on.</summary>
    public static void Elements<T>(string operation, string name, ArrayView<T> view, long offset, long count)
        where T : unmanaged
    {
        if (offset < 0)
        {
            throw new ShapeException($"{operation}: the offset of {name} must not be negative, found {offset}.");
        }

        AtMostIntMax(operation, name, view.Length);
        if (count > 0 && offset + count > view.Length)
        {
            throw new ShapeException(
                $"{operation}: {name} needs {offset + count} elements (offset {offset}, {count} used), found {view.Length}.");
        }
    }

    /// <summary>Rows in use: a capacity of at least 0, and a slot inside the run state where there is one.</summary>
    public static void Active(string operation, string name, in ActiveRows rows)
    {
        AtLeast(operation, name, rows.Capacity, 0);
        if (rows.Slot >= 0)
        {
            Elements(operation, $"the run state of {name}", rows.State, rows.Slot, 1);
        }
    }

    /// <summary>A size of at least <paramref name="least"/>.</summary>
    public static void AtLeast(string operation, string name, long value, long least)
    {
        if (value < least)
        {
            throw new ShapeException($"{operation}: {name} must be at least {least}, found {value}.");
        }
    }

    /// <summary>A size between two bounds, both allowed.</summary>
    public static void Between(string operation, string name, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            throw new ShapeException($"{operation}: {name} must be between {least} and {most}, found {value}.");
        }
    }

    /// <summary>A row's width: at least 1, and so far below the largest integer that a column index cannot overflow when
    /// a group's step is added.</summary>
    public static void Width(string operation, long width) =>
        Between(operation, "width", width, 1, int.MaxValue - 8192);

    /// <summary>A finite number (a scale, an epsilon).</summary>
    public static void Finite(string operation, string name, float value)
    {
        if (!float.IsFinite(value))
        {
            throw new ShapeException($"{operation}: {name} must be finite, found {value}.");
        }
    }

    /// <summary>A value of an enum that travels as an integer.</summary>
    public static void Known<TEnum>(string operation, string name, int value)
        where TEnum : struct, Enum
    {
        // Values count from 0; Enum.IsDefined would box at each launch.
        if ((uint)value >= (uint)EnumCount<TEnum>.Value)
        {
            throw new ShapeException(
                $"{operation}: {name} must be one of {string.Join(", ", Enum.GetNames<TEnum>())}, found {value}.");
        }
    }

    /// <summary>Kernels index with 32 bits.</summary>
    public static void AtMostIntMax(string operation, string name, long length)
    {
        if (length > int.MaxValue)
        {
            throw new ShapeException(
                $"{operation}: {name} must be at most {int.MaxValue} elements, found {length}.");
        }
    }

    /// <summary>Whether every row starts at a multiple of 16 bytes, so that a kernel may read it four elements at a time.
    /// The base counts for itself: ILGPU's cast of a view drops what is over a multiple of 16 bytes.</summary>
    public static bool IsVectorAligned(in RowView view) =>
        ((view.Offset | view.Stride) & 3) == 0 && IsVectorAligned(view.Data);

    /// <summary>Whether the view starts at a multiple of 16 bytes; true where there is no view.</summary>
    public static bool IsVectorAligned(ArrayView<float> view) =>
        view.Length == 0 || (view.LoadEffectiveAddressAsPtr() & 15) == 0;

    private static class EnumCount<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly int Value = Enum.GetValues<TEnum>().Length;
    }
}
