using System.Diagnostics;
using System.Runtime.InteropServices;
using GpuTransformer.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace GpuTransformer.Graph;

/// <summary>One user of a program: arena, tables, run state, and the launches bound to them once. Not for two threads at
/// a time; any number of sessions share one program and one set of weights.</summary>
internal sealed unsafe partial class Session : IDisposable
{
    private readonly DeviceMemory<float> _arena;
    private readonly DeviceMemory<int> _integers;
    private readonly KeyValueStore? _ownStore;
    private readonly KeyValueStore _store;
    private readonly BoundOperation[] _operations;
    private readonly int[]? _mirror;
    private readonly HostStaging? _staging;
    private readonly int _stateLength;
    private DeviceMemory<float>? _workspace;
    private CpuStep* _steps;
    private int _storeVersion;

    /// <param name="program">What to run.</param>
    /// <param name="kernels">Where.</param>
    /// <param name="store">Caches shared with another session; null: caches of its own.</param>
    /// <param name="trace">Receives what ran and when; null: nothing is recorded.</param>
    public Session(Program program, KernelSet kernels, KeyValueStore? store = null, TraceLog? trace = null)
    {
        Program = program;
        Kernels = kernels;
        Trace = trace;
        _stateLength = GraphBuilder.AlignTable(program.StateSlots);
        Nodes = [.. program.Nodes.Select(node => node.On(kernels)).OfType<LaunchNode>()];
        Plan = new ArenaPlan(program, Nodes);
        _operations = new BoundOperation[Nodes.Length];
        try
        {
            _arena = new DeviceMemory<float>(kernels, Plan.Elements, $"the arena of {program.Name}");
            _integers = new DeviceMemory<int>(kernels, _stateLength + program.TableLength, $"the tables of {program.Name}");
            _mirror = _integers.IsHost ? null : new int[_integers.Length];
            _store = store ?? (_ownStore = new KeyValueStore(kernels, program));
            _staging = HostStaging.TryMake(kernels, _store.Stream, BytesARun());
            Bind();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    ~Session() => NativeMemory.AlignedFree(_steps);

    /// <summary>The most query rows of an attention block: what the CPU tile takes at once; group kernels cut further.</summary>
    public const int BlockRows = 64;

    /// <summary>The most rows of a block where sequences have few rows each.</summary>
    public const int FewRows = 4;

    public Program Program { get; }

    public KernelSet Kernels { get; }

    /// <summary>What it launches, in order.</summary>
    internal LaunchNode[] Nodes { get; }

    /// <summary>Where tensors lie in the arena.</summary>
    internal ArenaPlan Plan { get; }

    /// <summary>Where it runs: the store's.</summary>
    public AcceleratorStream Stream => _store.Stream;

    public TraceLog? Trace { get; }

    /// <summary>What a run launches, in order.</summary>
    public IReadOnlyList<BoundOperation> Operations => _operations;

    /// <summary>Caches that outlive a run.</summary>
    public KeyValueStore Store => _store;

    /// <summary>Bytes of the arena.</summary>
    public long ArenaBytes => (long)_arena.Length * sizeof(float);

    private Span<int> Integers => _mirror is null ? _integers.Host : _mirror;

    /// <summary>A table for the host to fill before a run.</summary>
    public Span<int> Table(IntTable table) => Integers.Slice(_stateLength + table.Offset, table.Length);

    /// <summary>Sets the rows in use of a space, and of those that follow it.</summary>
    /// <exception cref="ShapeException">More rows than its capacity.</exception>
    public void SetRows(RowSpace space, int rows)
    {
        if (rows < 0 || rows > space.Capacity)
        {
            throw new ShapeException($"{Program.Name}: {rows} rows of {space.Name}, made for up to {space.Capacity}.");
        }

        Integers[space.Slot] = rows;
        foreach (var follower in Program.Followers)
        {
            if (follower.Follows!.Base == space)
            {
                SetRows(follower, rows * follower.Follows.Factor);
            }
        }
    }

    /// <summary>Sets an integer of the run state (a count of blocks).</summary>
    public void SetState(int slot, int value) => Integers[slot] = value;

    /// <summary>Rows in use of a space.</summary>
    public int RowsOf(RowSpace space) => Integers[space.Slot];

    /// <summary>Hands in rows of an input tensor.</summary>
    public void Write(GraphTensor input, ReadOnlySpan<float> values)
    {
        if (values.Length > input.Tensor.Elements)
        {
            throw new ShapeException($"{input.Tensor.Name}: {values.Length} elements, made for up to {input.Tensor.Elements}.");
        }

        WriteInput(input.Tensor, values);
    }

    /// <summary>Copies the first elements of an output tensor out, after a run.</summary>
    public void Read(GraphTensor output, Span<float> values) => ReadAt(output, 0, values);

    /// <summary>Copies elements of an output tensor out, after a run.</summary>
    /// <exception cref="InputException">A gather of the run met an id outside its table.</exception>
    public void ReadAt(GraphTensor output, int first, Span<float> values)
    {
        if (output.Column != 0 || output.Width != output.Tensor.Width)
        {
            throw new ShapeException($"{output.Tensor.Name}: only whole rows are read.");
        }

        var status = ReadWithStatus(Plan.OffsetOf(output.Tensor) + first, values);
        if (status != 0)
        {
            throw new InputException($"{Program.Name}: row {status - 1} asked for an id outside its table.");
        }
    }

    /// <summary>Launches every node. Nothing is allocated, looked up or decided here, unless the store has grown.</summary>
    /// <exception cref="DeviceException">The device is lost, or a launch failed: then or in what was queued before.</exception>
    public void Run()
    {
        if (_storeVersion != _store.Version)
        {
            Bind();
        }

        using var part = StartTimes.Measure("first run");
        Integers[0] = 0;
        if (_mirror is not null)
        {
            WriteTables(_mirror);
        }

        if (Trace is not null)
        {
            RunTraced(Trace);
        }
        else if (_steps != null)
        {
            Kernels.Pool.Walk(_steps, _operations.Length);
        }
        else
        {
            Launch();
        }
    }

    private void Launch()
    {
        var i = 0;
        try
        {
            for (; i < _operations.Length; i++)
            {
                _operations[i].Launch(Stream);
            }
        }
        catch (DeviceException error)
        {
            throw new DeviceException($"{Nodes[i].Layer}: {error.Message}", error);
        }
    }

    internal RowView RowsIn(GraphTensor tensor)
    {
        var (memory, offset) = Place(tensor.Tensor);
        return new RowView(memory.View, offset + tensor.Column, tensor.Tensor.Width);
    }

    /// <summary>A block of memory: its part of the arena, or as many pages as the store has now; nothing where no node of this
    /// session touches it.</summary>
    internal ArrayView<float> BlockOf(ValueInfo tensor)
    {
        var (memory, offset) = Place(tensor);
        return tensor.Place == TensorPlace.Persistent ? memory.View : offset < 0 ? default : memory.View.SubView(offset, tensor.Elements);
    }

    internal ArrayView<int> TableView(IntTable table) => _integers.View.SubView(_stateLength + table.Offset, table.Length);

    internal ArrayView<int> StateView => _integers.View.SubView(0, _stateLength);

    internal ActiveRows Active(RowSpace space) => ActiveRows.FromState(StateView, space.Slot, space.Capacity);

    public void Dispose()
    {
        foreach (var operation in _operations)
        {
            // Null where binding failed before it.
            operation?.Dispose();
        }

        _staging?.Dispose();
        // Null where there was no room for it.
        _arena?.Dispose();
        _integers?.Dispose();
        _workspace?.Dispose();
        _ownStore?.Dispose();
        NativeMemory.AlignedFree(_steps);
        _steps = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Decides variant and arguments of every node against the memory that there is now.</summary>
    private void Bind()
    {
        _storeVersion = _store.Version;
        for (var i = 0; i < _operations.Length; i++)
        {
            var bound = Nodes[i].Bind(this);
            _operations[i]?.Dispose();
            _operations[i] = bound;
        }

        // All of them before the first run, and none that is not launched.
        Kernels.Compiler.Compile(_operations.Select(o => o.Kernel).OfType<LoadedKernel>());
        AttachWorkspace();

        if (_operations.All(o => o.Step.Tile != null))
        {
            if (_steps == null)
            {
                _steps = (CpuStep*)NativeMemory.AlignedAlloc((nuint)(sizeof(CpuStep) * _operations.Length), 64);
            }

            for (var i = 0; i < _operations.Length; i++)
            {
                _steps[i] = _operations[i].Step;
            }
        }
    }

    /// <summary>Launches of a stream run in order, so the largest need serves all of them.</summary>
    private void AttachWorkspace()
    {
        var most = _operations.Max(o => (long?)o.WorkspaceFloats) ?? 0;
        if (most == 0)
        {
            return;
        }

        if (_workspace is null || _workspace.Length < most)
        {
            // Binding again happens while nothing runs over the store.
            _workspace?.Dispose();
            _workspace = new DeviceMemory<float>(Kernels, most, $"the workspace of {Program.Name}");
        }

        foreach (var operation in _operations)
        {
            operation.Attach(_workspace.View);
        }
    }

    private (DeviceMemory<float> Memory, int Offset) Place(ValueInfo tensor) =>
        tensor.Place == TensorPlace.Persistent ? (_store[tensor], 0) : (_arena, Plan.OffsetOf(tensor));

    private void RunTraced(TraceLog trace)
    {
        Span<long> ticks = _operations.Length < 512
            ? stackalloc long[_operations.Length + 1]
            : new long[_operations.Length + 1];
        if (_steps != null)
        {
            fixed (long* p = ticks)
            {
                Kernels.Pool.Walk(_steps, _operations.Length, p);
            }
        }
        else
        {
            LaunchTraced(ticks);
        }

        trace.Add(Program, Nodes, _operations, ticks);
    }

    private void LaunchTraced(Span<long> ticks)
    {
        var i = 0;
        try
        {
            Stream.Synchronize();
            ticks[0] = Stopwatch.GetTimestamp();
            for (; i < _operations.Length; i++)
            {
                _operations[i].Launch(Stream);
                Stream.Synchronize();
                ticks[i + 1] = Stopwatch.GetTimestamp();
            }
        }
        catch (AcceleratorException error)
        {
            throw DeviceException.Of(Kernels.Traits, $"{Nodes[i].Layer}: {_operations[i].Info.Variant}", error);
        }
        catch (DeviceException error)
        {
            throw new DeviceException($"{Nodes[i].Layer}: {error.Message}", error);
        }
    }
}
