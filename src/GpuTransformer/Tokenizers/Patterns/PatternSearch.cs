using System.Text;
using GpuTransformer.Kernels;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>Runs a pattern's program over a text: the first alternative that leads to a match, as in Perl. It goes back
/// over its choices with a stack of its own, never runs a second time from a step and a place that failed once, and so
/// takes time in proportion to the text; a bound on its steps stands behind that.</summary>
internal ref struct PatternSearch
{
    private const int StepsBeforeNotes = 4096;
    private const long StepsAtLeast = 2_000_000;
    private const long StepsPerLetter = 128;
    private const int MostNotes = 1 << 23;

    private readonly PatternStep[] _steps;
    private readonly ReadOnlySpan<char> _text;
    private readonly string _source;
    private PatternChoice[] _choices;
    private int _top;
    private int _depth;
    private long _stepsLeft;
    private long _stepsOfFind;

    // Steps and places from which no match was reached; where a match ended, older notes up to its end are void.
    private HashSet<long>? _failed;
    private int _notesFrom;

    // For each step that takes letters without limit: a range of places from which it failed.
    private (int First, int Last)[]? _failedRuns;

    /// <summary>Begins; <paramref name="source"/> is what errors begin with.</summary>
    public PatternSearch(PatternStep[] steps, ReadOnlySpan<char> text, string source)
    {
        _steps = steps;
        _text = text;
        _source = source;
        _choices = new PatternChoice[32];
        _stepsLeft = StepsAtLeast + StepsPerLetter * text.Length;
        _notesFrom = -1;
    }

    /// <summary>Finds the first match that begins at <paramref name="from"/> or later.</summary>
    public bool Find(int from, out int start, out int end)
    {
        _stepsOfFind = 0;
        for (start = from; start <= _text.Length; start += start < _text.Length ? LengthAt(start) : 1)
        {
            end = Run(0, start);
            if (end >= 0)
            {
                _notesFrom = Math.Max(_notesFrom, end);
                return true;
            }
        }
        end = -1;
        return false;
    }

    private int Run(int step, int at)
    {
        int floor = _top;
        _depth++;
        while (true)
        {
            bool goesOn = Step(ref step, ref at);
            if (goesOn && _steps[step].Op == PatternOp.Match)
            {
                _top = floor;
                _depth--;
                return at;
            }
            if (!goesOn && !GoBack(floor, out step, out at))
            {
                _depth--;
                return -1;
            }
            // A choice may lead straight to the end.
            if (!goesOn && _steps[step].Op == PatternOp.Match)
            {
                _top = floor;
                _depth--;
                return at;
            }
        }
    }

    // One step; false when it fails.
    private bool Step(ref int index, ref int at)
    {
        CountStep();
        ref readonly PatternStep step = ref _steps[index];
        switch (step.Op)
        {
            case PatternOp.Letter:
                if (at < _text.Length && step.Set!.Contains(LetterAt(at, out int length)))
                {
                    at += length;
                    index++;
                    return true;
                }
                return false;
            case PatternOp.Letters:
                return TakeLetters(ref index, ref at, step);
            case PatternOp.Either:
                if (HasFailed(index, at))
                {
                    return false;
                }
                if (!CanBegin(_steps[step.First], at))
                {
                    index = step.Second;
                    return true;
                }
                Push(new PatternChoice(step.Second, at, at, PatternChoiceKind.Once));
                index = step.First;
                return true;
            case PatternOp.Jump:
                index = step.First;
                return true;
            case PatternOp.Place:
                index++;
                return IsPlace(step.Place, at);
            case PatternOp.Behind:
                index++;
                return (at > 0 && step.Set!.Contains(LetterBefore(at, out _))) != step.IsNegative;
            case PatternOp.Ahead:
                index = step.Second;
                return Run(step.First, at) >= 0 != step.IsNegative;
            case PatternOp.Atomic:
                index = step.Second;
                at = Run(step.First, at);
                return at >= 0;
            default:
                // The program is a match alone.
                return true;
        }
    }

    // False when the next letter is none that the step takes: its alternative need not be tried.
    private readonly bool CanBegin(in PatternStep step, int at) =>
        step.Op is not (PatternOp.Letter or PatternOp.Letters) || (step.Op == PatternOp.Letters && step.Least == 0)
        || (at < _text.Length && step.Set!.Contains(LetterAt(at, out _)));

    private bool TakeLetters(ref int index, ref int at, in PatternStep step)
    {
        bool isEndless = step.Most == int.MaxValue && step.Least <= 1 && step.Mode == RepeatMode.Greedy;
        (int First, int Last) failed = isEndless && _failedRuns is not null ? _failedRuns[index] : (-1, -1);
        if (at >= failed.First && at <= failed.Last)
        {
            return false;
        }
        int start = at;
        int least = step.Least == 0 ? at : -1;
        int wanted = step.Mode == RepeatMode.Lazy ? step.Least : step.Most;
        int count = 0;
        // From a place where this step failed before, going further is in vain.
        while (count < wanted && at < _text.Length && at != failed.First && step.Set!.Contains(LetterAt(at, out int length)))
        {
            at += length;
            count++;
            least = count == step.Least ? at : least;
        }
        _stepsLeft -= count / 4;
        if (least < 0)
        {
            return false;
        }
        if (step.Mode == RepeatMode.Lazy)
        {
            if (count < step.Most)
            {
                Push(new PatternChoice(index, at, start, PatternChoiceKind.OneMore, count));
            }
        }
        else if (step.Mode == RepeatMode.Greedy && (at > least || isEndless))
        {
            Push(new PatternChoice(index, at, least, PatternChoiceKind.OneLess, start));
        }
        index++;
        return true;
    }

    private bool GoBack(int floor, out int step, out int at)
    {
        while (_top > floor)
        {
            ref PatternChoice choice = ref _choices[_top - 1];
            step = choice.Step;
            at = choice.At;
            switch (choice.Kind)
            {
                case PatternChoiceKind.Once:
                    _top--;
                    return true;
                case PatternChoiceKind.OneLess when at > choice.Least:
                    CountStep();
                    _ = LetterBefore(at, out int back);
                    at -= back;
                    choice.At = at;
                    step++;
                    if (!HasFailed(step, at))
                    {
                        return true;
                    }
                    break;
                case PatternChoiceKind.OneLess:
                    NoteRun(step, choice.Extra);
                    _top--;
                    break;
                default:
                    CountStep();
                    PatternStep letters = _steps[step];
                    if (at < _text.Length && choice.Extra < letters.Most
                        && letters.Set!.Contains(LetterAt(at, out int length)))
                    {
                        at += length;
                        choice.At = at;
                        choice.Extra++;
                        step++;
                        return true;
                    }
                    _top--;
                    break;
            }
        }
        step = 0;
        at = 0;
        return false;
    }

    // The run from this place failed, and with it the runs from the places it went over.
    private void NoteRun(int step, int start)
    {
        if (_steps[step].Most != int.MaxValue || _steps[step].Least > 1)
        {
            return;
        }
        _failedRuns ??= NoRuns(_steps.Length);
        (int first, int last) = _failedRuns[step];
        int end = start;
        while (end < _text.Length && end != first && _steps[step].Set!.Contains(LetterAt(end, out int length)))
        {
            end += length;
        }
        _stepsLeft -= (end - start) / 4;
        _failedRuns[step] = (start, end == first ? last : end);
    }

    private static (int First, int Last)[] NoRuns(int count)
    {
        var runs = new (int, int)[count];
        Array.Fill(runs, (-1, -1));
        return runs;
    }

    // Notes step and place; true when they were noted before. Inside a look-ahead or an atomic group reaching the end is
    // no failure, so nothing is noted there.
    private bool HasFailed(int step, int at)
    {
        if (_stepsOfFind < StepsBeforeNotes || _depth != 1)
        {
            return false;
        }
        _failed ??= [];
        if (!_failed.Add((long)at * _steps.Length + step))
        {
            return at > _notesFrom;
        }
        return _failed.Count <= MostNotes ? false : throw RunsAway();
    }

    private void CountStep()
    {
        _stepsOfFind++;
        if (--_stepsLeft < 0)
        {
            throw RunsAway();
        }
    }

    private readonly InputException RunsAway() => new(
        $"{_source}: the pattern takes more than {StepsPerLetter} steps a letter on a text of {_text.Length} letters");

    private void Push(in PatternChoice choice)
    {
        if (_top == _choices.Length)
        {
            Array.Resize(ref _choices, 2 * _top);
        }
        _choices[_top++] = choice;
    }

    private readonly bool IsPlace(PlaceKind kind, int at) => kind switch
    {
        PlaceKind.LineStart => at == 0 || (_text[at - 1] == '\n' && at < _text.Length),
        PlaceKind.LineEnd => at == _text.Length || _text[at] == '\n',
        PlaceKind.TextStart => at == 0,
        PlaceKind.TextEnd => at == _text.Length,
        PlaceKind.LastLineEnd => at == _text.Length || (at == _text.Length - 1 && _text[at] == '\n'),
        PlaceKind.WordBoundary => IsBoundary(at),
        _ => !IsBoundary(at),
    };

    private readonly bool IsBoundary(int at) =>
        (at > 0 && LetterSet.Word.Contains(LetterBefore(at, out _)))
        != (at < _text.Length && LetterSet.Word.Contains(LetterAt(at, out _)));

    private readonly int LengthAt(int at)
    {
        _ = LetterAt(at, out int length);
        return length;
    }

    private readonly int LetterAt(int at, out int length)
    {
        char unit = _text[at];
        if (!char.IsSurrogate(unit))
        {
            length = 1;
            return unit;
        }
        _ = Rune.DecodeFromUtf16(_text[at..], out Rune letter, out length);
        return letter.Value;
    }

    private readonly int LetterBefore(int at, out int length)
    {
        char unit = _text[at - 1];
        if (!char.IsSurrogate(unit))
        {
            length = 1;
            return unit;
        }
        _ = Rune.DecodeLastFromUtf16(_text[..at], out Rune letter, out length);
        return letter.Value;
    }
}
