using GpuTransformer.Kernels;

namespace GpuTransformer.Weights;

/// <summary>A sum of words, such as king-man+woman. A word may itself hold a hyphen: of the words that could begin at a
/// place the longest one in the file is taken.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Positive">Words that are added.</param>
/// <param name="Negative">Words that are taken away.</param>
internal sealed record WordExpression(string Text, IReadOnlyList<string> Positive, IReadOnlyList<string> Negative)
{
    private const int MostWords = 64;

    /// <summary>Reads an expression over the words of a file.</summary>
    /// <exception cref="InputException">A word is missing or not in the file.</exception>
    public static WordExpression Parse(string expression, WordVectors vectors)
    {
        var positive = new List<string>();
        var negative = new List<string>();
        int at = 0;
        bool isNegative = false;
        if (expression.TrimStart() is ['+' or '-', ..])
        {
            at = expression.IndexOfAny(['+', '-']);
            isNegative = expression[at++] == '-';
        }
        while (true)
        {
            int end = WordEnd(expression, at, vectors);
            (isNegative ? negative : positive).Add(expression[at..end].Trim());
            if (end == expression.Length)
            {
                return new WordExpression(expression, positive, negative);
            }
            if (positive.Count + negative.Count == MostWords)
            {
                throw new InputException($"{Quoted.Of(expression)}: over {MostWords} words");
            }
            isNegative = expression[end] == '-';
            at = end + 1;
        }
    }

    private static int WordEnd(string expression, int start, WordVectors vectors)
    {
        int shortest = -1;
        int longest = -1;
        for (int end = start; end <= expression.Length; end++)
        {
            if (end < expression.Length && expression[end] is not ('+' or '-'))
            {
                continue;
            }
            shortest = shortest < 0 ? end : shortest;
            if (vectors.IndexOf(expression[start..end].Trim()) >= 0)
            {
                longest = end;
            }
        }
        if (longest >= 0)
        {
            return longest;
        }
        string word = expression[start..shortest].Trim();
        if (word.Length > 0)
        {
            _ = vectors.Require(word);
        }
        throw new InputException($"{Quoted.Of(expression)}: expected words with + or - between them");
    }
}
