using GpuTransformer.Tokenizers.PreTokenizers;

namespace GpuTransformer.Tokenizers.Patterns;

/// <summary>What a Split or a Replace looks for: a text, or a regular expression.</summary>
internal abstract class TextPattern
{
    /// <summary>A text as it stands; an empty one is found between all letters.</summary>
    public static TextPattern Literal(string text) =>
        text.Length == 0 ? new Expression([new PatternStep(PatternOp.Match)], "the empty pattern") : new Words(text);

    /// <summary>A regular expression; <paramref name="source"/> is what errors begin with. Well-known ones have matchers of
    /// their own, which are only faster.</summary>
    public static TextPattern Regex(string pattern, string source) =>
        WordPattern.Of(pattern) ?? (pattern == Gpt2Pattern.Text ? new Gpt2() : General(pattern, source));

    /// <summary>A regular expression, always on the general engine.</summary>
    public static TextPattern General(string pattern, string source) =>
        new Expression(PatternProgram.Of(PatternParser.Parse(pattern, source), source), source);

    /// <summary>Adds the matches from left to right, as Oniguruma finds them one after another.</summary>
    public abstract void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches);

    private sealed class Gpt2 : TextPattern
    {
        public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            for (int start = 0; start < text.Length; start = matches[^1].End)
            {
                matches.Add((start, start + Gpt2Pattern.MatchLength(text[start..])));
            }
        }
    }

    private sealed class Words(string word) : TextPattern
    {
        public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            for (int from = 0; from < text.Length;)
            {
                int found = text[from..].IndexOf(word, StringComparison.Ordinal);
                if (found < 0)
                {
                    break;
                }
                matches.Add((from + found, from + found + word.Length));
                from += found + word.Length;
            }
        }
    }

    private sealed class Expression(PatternStep[] steps, string source) : TextPattern
    {
        public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            if (text.Length == 0)
            {
                return;
            }
            var search = new PatternSearch(steps, text, source);
            int from = 0;
            while (from <= text.Length && search.Find(from, out int start, out int end))
            {
                // An empty match just after a match counts for nothing.
                if (start == end && matches.Count > 0 && matches[^1].End == end)
                {
                    from += from < text.Length && char.IsHighSurrogate(text[from]) ? 2 : 1;
                    continue;
                }
                matches.Add((start, end));
                from = end;
            }
        }
    }
}
