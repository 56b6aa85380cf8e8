using GpuTransformer.Kernels;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>What a step of a pattern's program does.</summary>
internal enum PatternOp : byte
{
    /// <summary>Takes a letter of the set.</summary>
    Letter,

    /// <summary>Takes letters of the set, Least to Most of them.</summary>
    Letters,

    /// <summary>Goes on at First, and if that fails at Second.</summary>
    Either,

    /// <summary>Goes on at First.</summary>
    Jump,

    /// <summary>Goes on if the place is right.</summary>
    Place,

    /// <summary>Goes on at Second if the program from First matches here, or does not.</summary>
    Ahead,

    /// <summary>Goes on if the letter before is of the set, or is not.</summary>
    Behind,

    /// <summary>Takes what the program from First matches, and goes on at Second.</summary>
    Atomic,

    /// <summary>A match.</summary>
    Match,
}

/// <summary>A step of a pattern's program.</summary>
internal readonly record struct PatternStep(
    PatternOp Op, int First = 0, int Second = 0, LetterSet? Set = null, int Least = 0, int Most = 0,
    RepeatMode Mode = RepeatMode.Greedy, PlaceKind Place = PlaceKind.TextStart, bool IsNegative = false);

/// <summary>Turns a pattern's tree into steps.</summary>
internal sealed class PatternProgram
{
    private const int MostSteps = 10_000;

    private readonly List<PatternStep> _steps = [];
    private readonly string _source;

    private PatternProgram(string source) => _source = source;

    /// <summary>The steps of a tree; <paramref name="source"/> is what errors begin with.</summary>
    public static PatternStep[] Of(PatternNode tree, string source)
    {
        var program = new PatternProgram(source);
        program.Emit(tree);
        program.Add(new PatternStep(PatternOp.Match));
        return [.. program._steps];
    }

    private int Add(PatternStep step)
    {
        if (_steps.Count == MostSteps)
        {
            throw new InputException($"{_source}: the pattern is too large: it needs more than {MostSteps} steps");
        }
        _steps.Add(step);
        return _steps.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case LetterNode letter:
                Add(new PatternStep(PatternOp.Letter, Set: letter.Set));
                break;
            case SequenceNode sequence:
                foreach (PatternNode part in sequence.Parts)
                {
                    Emit(part);
                }
                break;
            case ChoiceNode choice:
                EmitChoice(choice);
                break;
            case RepeatNode repeat:
                EmitRepeat(repeat);
                break;
            case PlaceNode place:
                Add(new PatternStep(PatternOp.Place, Place: place.Kind));
                break;
            case BehindNode behind:
                Add(new PatternStep(PatternOp.Behind, Set: behind.Set, IsNegative: behind.IsNegative));
                break;
            case AheadNode ahead:
                EmitInner(PatternOp.Ahead, ahead.Body, ahead.IsNegative);
                break;
            case AtomicNode atomic:
                EmitInner(PatternOp.Atomic, atomic.Body, isNegative: false);
                break;
            default:
                throw new InvalidOperationException($"{node.GetType().Name} has no steps");
        }
    }

    private void EmitChoice(ChoiceNode choice)
    {
        var ends = new List<int>();
        for (int i = 0; i < choice.Choices.Count; i++)
        {
            bool isLast = i == choice.Choices.Count - 1;
            int either = isLast ? -1 : Add(new PatternStep(PatternOp.Either));
            Emit(choice.Choices[i]);
            if (!isLast)
            {
                ends.Add(Add(new PatternStep(PatternOp.Jump)));
                _steps[either] = _steps[either] with { First = either + 1, Second = _steps.Count };
            }
        }
        foreach (int end in ends)
        {
            _steps[end] = _steps[end] with { First = _steps.Count };
        }
    }

    private void EmitRepeat(RepeatNode repeat)
    {
        PatternNode body = repeat.Body;
        while (body is SequenceNode { Parts: [var only] })
        {
            body = only;
        }
        if (body is LetterNode letter)
        {
            Add(new PatternStep(
                PatternOp.Letters, Set: letter.Set, Least: repeat.Least, Most: repeat.Most ?? int.MaxValue, Mode: repeat.Mode));
            return;
        }
        if (repeat.Mode == RepeatMode.Possessive)
        {
            EmitInner(PatternOp.Atomic, repeat with { Mode = RepeatMode.Greedy }, isNegative: false);
            return;
        }
        for (int i = 0; i < repeat.Least; i++)
        {
            Emit(body);
        }
        bool isLazy = repeat.Mode == RepeatMode.Lazy;
        if (repeat.Most is null)
        {
            int either = Add(new PatternStep(PatternOp.Either));
            Emit(body);
            Add(new PatternStep(PatternOp.Jump, either));
            SetEither(either, _steps.Count, isLazy);
            return;
        }
        var exits = new List<int>();
        for (int i = repeat.Least; i < repeat.Most; i++)
        {
            exits.Add(Add(new PatternStep(PatternOp.Either)));
            Emit(body);
        }
        foreach (int exit in exits)
        {
            SetEither(exit, _steps.Count, isLazy);
        }
    }

    private void SetEither(int either, int exit, bool isLazy) => _steps[either] = isLazy
        ? _steps[either] with { First = exit, Second = either + 1 }
        : _steps[either] with { First = either + 1, Second = exit };

    private void EmitInner(PatternOp op, PatternNode body, bool isNegative)
    {
        int step = Add(new PatternStep(op, IsNegative: isNegative));
        Emit(body);
        Add(new PatternStep(PatternOp.Match));
        _steps[step] = _steps[step] with { First = step + 1, Second = _steps.Count };
    }
}
