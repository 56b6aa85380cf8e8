using GpuTransformer.Diagnostics.References;
using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Diagnostics.Verify;

/// <summary>An output of a batch with its reference.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Memory">Where it is.</param>
/// <param name="Starts">Where each unit starts in the values and the last one ends; null: units are not apart.</param>
/// <param name="Reference">Computed when it is first asked for.</param>
internal sealed record CheckedOutput(string Name, IGuardedMemory Memory, int[]? Starts, Lazy<Reference> Reference);

/// <summary>One composition of units in device memory: inputs with NaN around them, poisoned outputs with guards, and
/// more capacity than is in use where the operation can have that.</summary>
internal sealed class CheckBatch : IDisposable
{
    private readonly List<IDisposable> _memory = [];
    private readonly List<CheckedOutput> _outputs = [];
    private readonly UnitValues _values;

    /// <param name="kernels">The device's.</param>
    /// <param name="values">Inputs by unit.</param>
    /// <param name="units">Which units, in order.</param>
    /// <param name="spare">Units of capacity that are not in use.</param>
    public CheckBatch(KernelSet kernels, UnitValues values, int[] units, int spare)
    {
        (Kernels, _values, Units, Spare) = (kernels, values, units, spare);
    }

    public KernelSet Kernels { get; }

    public Accelerator Accelerator => Kernels.Accelerator;

    public int[] Units { get; }

    public int Spare { get; }

    /// <summary>Whether every unit of the shape is in it, in order: the batch that is run twice.</summary>
    public bool IsWhole { get; init; }

    public int Capacity => Units.Length + Spare;

    public IReadOnlyList<CheckedOutput> Outputs => _outputs;

    /// <summary>Rows of a tensor, some for each unit; those of spare units hold NaN.</summary>
    public PaddedInput Rows(uint tensor, Place place, int width, int rowsPerUnit = 1, Spread spread = Spread.Outliers)
    {
        var each = rowsPerUnit * width;
        return Keep(place.Input(Accelerator, UnitArray(tensor, each, spread), Capacity * rowsPerUnit, width));
    }

    /// <summary>The elements of each unit, one unit after the other; those of spare units hold NaN.</summary>
    public float[] UnitArray(uint tensor, int each, Spread spread)
    {
        var all = new float[Capacity * each];
        Parallel.For(0, Units.Length, i => _values.Fill(tensor, Units[i], all.AsSpan(i * each, each), spread));
        all.AsSpan(Units.Length * each).Fill(float.NaN);
        return all;
    }

    /// <summary>Elements of one unit, by its place in the batch; NaN for spare ones.</summary>
    public float[] UnitPart(uint tensor, int place, int count, Spread spread)
    {
        var part = new float[count];
        if (place < Units.Length)
        {
            _values.Fill(tensor, Units[place], part, spread);
        }
        else
        {
            Array.Fill(part, float.NaN);
        }

        return part;
    }

    /// <summary>Integers in [0, below), some for each unit; spare units have -7.</summary>
    public int[] Integers(uint tensor, int each, int below)
    {
        var all = new int[Capacity * each];
        Array.Fill(all, -7);
        for (var i = 0; i < Units.Length * each; i++)
        {
            all[i] = _values.Integer(tensor, Units[i / each], i % each, below);
        }

        return all;
    }

    /// <summary>Values that all units share, such as a weight.</summary>
    public float[] SharedArray(uint tensor, int count, Spread spread = Spread.Normal) => _values.Filled(tensor, count, spread);

    /// <summary>Rows that all units share.</summary>
    public PaddedInput SharedRows(uint tensor, Place place, int rows, int width, Spread spread = Spread.Normal) =>
        Keep(place.Input(Accelerator, SharedArray(tensor, rows * width, spread), rows, width));

    public ArrayView<float> Upload(float[] values) => values.Length == 0 ? ArrayView<float>.Empty : Keep(Accelerator.Allocate1D(values)).View;

    public ArrayView<int> Upload(int[] values) => values.Length == 0 ? ArrayView<int>.Empty : Keep(Accelerator.Allocate1D(values)).View;

    /// <summary>Rows in use of the capacity; a fixed number where no unit is spare.</summary>
    public ActiveRows Active(int rowsPerUnit = 1) => Spare == 0
        ? ActiveRows.Fixed(Units.Length * rowsPerUnit)
        : ActiveRows.FromState(Upload([-9, Units.Length * rowsPerUnit]), 1, Capacity * rowsPerUnit);

    /// <summary>An output of some rows for each unit.</summary>
    public RowView Output(string name, Place place, int width, Func<Reference> reference, int rowsPerUnit = 1)
    {
        var output = Keep(place.Output(Accelerator, Capacity * rowsPerUnit, width));
        Add(name, output, UnitStarts(rowsPerUnit * width), reference);
        return output.View;
    }

    /// <summary>A status word, which starts as -1.</summary>
    public ArrayView<int> Status(Func<int> expected)
    {
        var status = Keep(new GuardedIntegers(Accelerator, 1, -1));
        Add("status", status, null, () => Reference.Exactly([expected()]));
        return status.View;
    }

    public void Add(string name, IGuardedMemory memory, int[]? starts, Func<Reference> reference) =>
        _outputs.Add(new CheckedOutput(name, memory, starts, new Lazy<Reference>(reference)));

    public T Keep<T>(T memory)
        where T : IDisposable
    {
        _memory.Add(memory);
        return memory;
    }

    public int[] UnitStarts(int each) => [.. Enumerable.Range(0, Units.Length + 1).Select(i => i * each)];

    public void Dispose()
    {
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }
    }
}
