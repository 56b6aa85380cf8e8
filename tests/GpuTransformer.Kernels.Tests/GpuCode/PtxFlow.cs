using System.Text.RegularExpressions;

namespace GpuTransformer.Kernels.Tests;

/// <summary>One PTX instruction.</summary>
/// <param name="Guard">The predicate register it depends on; empty: none.</param>
/// <param name="Code">Such as ld.global.v4.f32.</param>
/// <param name="Writes">Registers it sets.</param>
/// <param name="Reads">Registers it takes, the guard and special registers included.</param>
/// <param name="Text">As it is written.</param>
internal sealed record PtxInstruction(
    string Guard, string Code, IReadOnlyList<string> Writes, IReadOnlyList<string> Reads, string Text)
{
    public bool Is(string code) => Code.StartsWith(code, StringComparison.Ordinal);
}

/// <summary>Instructions that run one after the other.</summary>
internal sealed class PtxBlock
{
    public List<PtxInstruction> Instructions { get; } = [];

    /// <summary>Where it may go on; none: the kernel ends.</summary>
    public List<int> Next { get; } = [];

    /// <summary>The predicate that decides between two ways; empty: there is one way.</summary>
    public string Condition { get; set; } = "";
}

/// <summary>The flow of a kernel written in PTX: its blocks, and on which branches each depends.</summary>
internal sealed partial class PtxFlow
{
    private static readonly string[] WritesNothing = ["st.", "bra", "bar", "red.", "ret", "membar", "exit"];

    private PtxFlow(List<PtxBlock> blocks)
    {
        Blocks = blocks;
        DependsOn = ControlDependences(blocks);
    }

    public IReadOnlyList<PtxBlock> Blocks { get; }

    /// <summary>Of each block, the blocks whose branch decides whether it runs.</summary>
    public IReadOnlyList<IReadOnlySet<int>> DependsOn { get; }

    public static PtxFlow Of(string ptx)
    {
        var start = ptx.IndexOf(".entry", StringComparison.Ordinal);
        var body = ptx[(ptx.IndexOf('{', start) + 1)..ptx.LastIndexOf('}')];
        var blocks = new List<PtxBlock> { new() };
        var labels = new Dictionary<string, int>();
        var jumps = new List<(int From, string Label)>();
        var isOpen = true;
        foreach (var line in body.Split('\n').Select(line => line.Trim()))
        {
            if (Label().Match(line) is { Success: true } label)
            {
                Close(blocks, isOpen);
                isOpen = true;
                labels[label.Groups[1].Value] = blocks.Count - 1;
            }
            else if (line.EndsWith(';') && line[0] != '.')
            {
                var instruction = Parse(line);
                blocks[^1].Instructions.Add(instruction);
                if (instruction.Is("bra") || instruction.Is("ret") || instruction.Is("exit"))
                {
                    if (instruction.Is("bra"))
                    {
                        jumps.Add((blocks.Count - 1, Target().Match(line).Groups[1].Value));
                    }

                    blocks[^1].Condition = instruction.Guard;
                    Close(blocks, instruction.Guard.Length > 0);
                    isOpen = true;
                }
            }
        }

        foreach (var (from, label) in jumps)
        {
            blocks[from].Next.Add(labels[label]);
        }

        return new(blocks);
    }

    /// <summary>Begins a block; the one before goes on into it unless it left.</summary>
    private static void Close(List<PtxBlock> blocks, bool goesOn)
    {
        if (goesOn)
        {
            blocks[^1].Next.Add(blocks.Count);
        }

        blocks.Add(new());
    }

    private static PtxInstruction Parse(string line)
    {
        var match = Form().Match(line);
        var code = match.Groups[2].Value;
        var operands = match.Groups[3].Value;
        var guard = match.Groups[1].Value;
        var registers = Register().Matches(operands).Select(register => register.Value).ToList();
        if (guard.Length > 0)
        {
            registers.Add(guard);
        }

        if (Array.Exists(WritesNothing, other => code.StartsWith(other, StringComparison.Ordinal)))
        {
            return new(guard, code, [], registers, line);
        }

        // The first operand is what is set: a register, a pair of predicates, or a vector in braces.
        var first = operands.StartsWith('{') ? operands[..(operands.IndexOf('}') + 1)] : operands.Split(',')[0];
        var writes = Register().Matches(first).Select(register => register.Value).ToList();
        return new(guard, code, writes, [.. registers.Skip(writes.Count)], line);
    }

    /// <summary>A block depends on a branch when one way leads to it for certain and the other does not (Ferrante,
    /// Ottenstein and Warren 1987).</summary>
    private static HashSet<int>[] ControlDependences(List<PtxBlock> blocks)
    {
        var dependsOn = blocks.Select(_ => new HashSet<int>()).ToArray();
        var after = NextForCertain(blocks);
        for (var i = 0; i < blocks.Count; i++)
        {
            foreach (var next in blocks[i].Next.Where(_ => blocks[i].Next.Count > 1))
            {
                for (var at = next; at != after[i] && at < blocks.Count; at = after[at])
                {
                    if (!dependsOn[at].Add(i))
                    {
                        break;
                    }
                }
            }
        }

        return dependsOn;
    }

    /// <summary>Of each block the nearest one that every way from it passes (its immediate post-dominator; Cooper, Harvey
    /// and Kennedy 2001); the number of blocks stands for the end.</summary>
    private static int[] NextForCertain(List<PtxBlock> blocks)
    {
        var end = blocks.Count;
        var order = BackwardOrder(blocks);
        var rank = new int[end + 1];
        for (var i = 0; i < order.Count; i++)
        {
            rank[order[i]] = i;
        }

        var after = Enumerable.Repeat(-1, end + 1).ToArray();
        after[end] = end;
        for (var isChanged = true; isChanged;)
        {
            isChanged = false;
            foreach (var block in order.Where(block => block != end))
            {
                var nexts = blocks[block].Next.Count == 0 ? [end] : blocks[block].Next;
                var common = nexts.Where(next => after[next] >= 0).Aggregate(-1, (a, b) => a < 0 ? b : Meet(a, b, after, rank));
                isChanged |= after[block] != common;
                after[block] = common;
            }
        }

        // What never ends (no kernel here) or is never reached from the end counts as going straight to it.
        return [.. after.Select(next => next < 0 ? end : next)];
    }

    private static int Meet(int a, int b, int[] after, int[] rank)
    {
        while (a != b)
        {
            while (rank[a] > rank[b])
            {
                a = after[a];
            }

            while (rank[b] > rank[a])
            {
                b = after[b];
            }
        }

        return a;
    }

    /// <summary>Blocks from the end backwards, each after all that follow it except around loops.</summary>
    private static List<int> BackwardOrder(List<PtxBlock> blocks)
    {
        var end = blocks.Count;
        var before = Enumerable.Range(0, end + 1).Select(_ => new List<int>()).ToList();
        for (var i = 0; i < end; i++)
        {
            blocks[i].Next.ForEach(next => before[next].Add(i));
            if (blocks[i].Next.Count == 0)
            {
                before[end].Add(i);
            }
        }

        var order = new List<int>();
        var seen = new HashSet<int> { end };
        var open = new Stack<(int Block, int Index)>([(end, 0)]);
        while (open.TryPop(out var top))
        {
            if (top.Index == before[top.Block].Count)
            {
                order.Add(top.Block);
                continue;
            }

            open.Push((top.Block, top.Index + 1));
            if (seen.Add(before[top.Block][top.Index]))
            {
                open.Push((before[top.Block][top.Index], 0));
            }
        }

        order.Reverse();
        return order;
    }

    [GeneratedRegex(@"^(\w+):")]
    private static partial Regex Label();

    [GeneratedRegex(@"bra(?:\.uni)?\s+(\w+)\s*;")]
    private static partial Regex Target();

    [GeneratedRegex(@"^(?:@!?(%p\d+)\s+)?([a-z][\w.]*)\s*(.*);$")]
    private static partial Regex Form();

    [GeneratedRegex(@"%[a-z_]+[\d]*(?:\.[xyz])?")]
    private static partial Regex Register();
}
