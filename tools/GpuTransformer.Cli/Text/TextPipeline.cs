using System.Diagnostics;
using GpuTransformer.Kernels;
using Spectre.Console;

namespace GpuTransformer.Cli.Text;

/// <summary>Runs a text command: takes what inputs there are, makes them ready on all cores, runs batches of like length,
/// and writes answers in the inputs' order as soon as those before them are there.</summary>
internal sealed class TextPipeline<TItem, TResult>
    where TItem : class
{
    // Windows grow while they are quick, so that early answers come early and batches can be chosen well.
    private const int MostBatchesAWindow = 32;
    private const long LettersAWindow = 4 << 20;
    private static readonly TimeSpan s_quick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(4);

    private readonly TextWork<TItem, TResult> _work;
    private readonly TextRequest _request;
    private readonly OutputLines? _output;
    private readonly IAnsiConsole? _console;
    private readonly CancellationToken _cancellation;
    private readonly ParallelOptions _parallel = new() { MaxDegreeOfParallelism = KernelSet.CpuThreads };

    /// <summary>Takes what it runs and where answers go: JSON lines to <paramref name="output"/>, else pictures to
    /// <paramref name="console"/>.</summary>
    public TextPipeline(
        TextWork<TItem, TResult> work, TextRequest request, OutputLines? output, IAnsiConsole? console, CancellationToken cancellation)
    {
        _work = work;
        _request = request;
        _output = output;
        _console = console;
        _cancellation = cancellation;
    }

    /// <summary>Answers given so far, those of bad inputs included.</summary>
    public long Done { get; private set; }

    /// <summary>Bytes of the source up to the last answer.</summary>
    public long Position { get; private set; }

    /// <summary>Inputs that were bad.</summary>
    public long Bad { get; private set; }

    /// <summary>Runs to the end of the inputs.</summary>
    /// <param name="queue">The inputs.</param>
    /// <param name="afterWindow">Called after each window of inputs.</param>
    public int Run(InputQueue queue, Action afterWindow)
    {
        var batches = 1;
        while (true)
        {
            var inputs = _request.ReadsAllFirst
                ? TakeAll(queue)
                : queue.Take(batches * _request.Batch, LettersAWindow, _cancellation);
            if (inputs.Count == 0)
            {
                break;
            }

            var watch = Stopwatch.StartNew();
            RunWindow(inputs);
            batches = watch.Elapsed < s_quick ? Math.Min(batches * 2, MostBatchesAWindow)
                : watch.Elapsed > s_slow ? Math.Max(1, batches / 2)
                : batches;
            afterWindow();
        }

        if (_console is not null)
        {
            _work.ShowEnd(_console);
        }

        return Bad > 0 ? ExitCode.InputOutput : ExitCode.Ok;
    }

    private List<TextInput> TakeAll(InputQueue queue)
    {
        var all = new List<TextInput>();
        while (queue.Take(int.MaxValue, long.MaxValue, _cancellation) is { Count: > 0 } some)
        {
            all.AddRange(some);
        }

        return all;
    }

    private void RunWindow(List<TextInput> inputs)
    {
        var slots = new Slot[inputs.Count];
        Parallel.For(0, slots.Length, _parallel, i => slots[i] = Prepare(inputs[i]));
        var end = FirstBad(slots, 0, slots.Length);
        var order = Enumerable.Range(0, end).Where(i => slots[i].Error is null).OrderByDescending(i => _work.LengthOf(slots[i].Item!)).ToArray();
        _work.SeeWindow(order.Select(i => slots[i].Item!));
        var written = 0;
        foreach (var batch in order.Chunk(_request.Batch))
        {
            _cancellation.ThrowIfCancellationRequested();
            RunBatch(slots, [.. batch.Where(i => i < end)]);
            end = FirstBad(slots, written, end);
            written = WriteReady(slots, written, end);
        }

        written = WriteReady(slots, written, end);
        if (end < slots.Length)
        {
            throw slots[end].Error!;
        }
    }

    private Slot Prepare(TextInput input)
    {
        try
        {
            return input.Problem is { } problem
                ? new Slot(input) { Error = input.Error(problem) }
                : new Slot(input) { Item = _work.Prepare(input) };
        }
        catch (GpuTransformerException error) when (error is InputException or ShapeException)
        {
            return new Slot(input) { Error = input.Error(error.Message) };
        }
    }

    private void RunBatch(Slot[] slots, int[] batch)
    {
        try
        {
            var results = _work.Run([.. batch.Select(i => slots[i].Item!)], _cancellation);
            for (var i = 0; i < batch.Length; i++)
            {
                (slots[batch[i]].Result, slots[batch[i]].HasResult) = (results[i], true);
            }
        }
        catch (GpuTransformerException error) when (error is InputException or ShapeException)
        {
            if (batch.Length == 1)
            {
                slots[batch[0]].Error = slots[batch[0]].Input.Error(error.Message);
                return;
            }

            // Which input it was shows when they run alone.
            foreach (var i in batch)
            {
                RunBatch(slots, [i]);
            }
        }
    }

    /// <summary>Where the answers end: at the first bad input, unless those are passed over. Those before
    /// <paramref name="from"/> are written and gone.</summary>
    private int FirstBad(Slot[] slots, int from, int end)
    {
        var bad = _request.KeepGoing ? -1 : Array.FindIndex(slots, from, end - from, slot => slot.Error is not null);
        return bad < 0 ? end : bad;
    }

    private int WriteReady(Slot[] slots, int from, int end)
    {
        var to = from;
        while (to < end && (slots[to].HasResult || slots[to].Error is not null))
        {
            Bad += slots[to].Error is null ? 0 : 1;
            to++;
        }

        if (_output is not null && to > from)
        {
            var lines = new byte[to - from][];
            Parallel.For(from, to, _parallel, i => lines[i - from] = Json(slots[i]));
            _output.Write(lines);
        }
        else
        {
            foreach (var slot in slots[from..to])
            {
                Show(slot);
            }
        }

        if (to > from)
        {
            Position = slots[to - 1].Input.End;
            Done += to - from;
            Array.Clear(slots, from, to - from);
        }

        return to;
    }

    private byte[] Json(Slot slot) => ReadableJson.Write(json =>
    {
        if (slot.Error is { } error)
        {
            json.WriteStartObject();
            json.WriteString("error", error.Message);
            json.WriteEndObject();
            return;
        }

        _work.WriteJson(json, slot.Item!, slot.Result!);
    });

    private void Show(Slot slot)
    {
        if (slot.Error is { } error)
        {
            _console!.MarkupLine($"[red]{Shown.Markup(error.Message)}[/]");
            return;
        }

        _work.Show(_console!, slot.Input, slot.Item!, slot.Result!);
    }

    private sealed record Slot(TextInput Input)
    {
        public TItem? Item { get; init; }

        public TResult? Result { get; set; }

        public bool HasResult { get; set; }

        public InputException? Error { get; set; }
    }
}
