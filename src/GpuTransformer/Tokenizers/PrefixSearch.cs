namespace GpuTransformer.Tokenizers;

/// <summary>Finds, letter by letter, which tokens begin with what was read so far: a range of the sorted tokens that
/// narrows by binary search. No tree, no memory beyond the sorted array.</summary>
internal sealed class PrefixSearch
{
    private readonly string[] _tokens;

    /// <summary>Sorts the tokens.</summary>
    public PrefixSearch(IEnumerable<string> tokens)
    {
        _tokens = [.. tokens];
        Array.Sort(_tokens, string.CompareOrdinal);
    }

    /// <summary>A search that has read nothing yet.</summary>
    public Cursor Begin() => new(_tokens, 0, _tokens.Length, 0);

    /// <summary>How long the longest token is that <paramref name="text"/> begins with; 0 when there is none.</summary>
    public int LongestMatch(ReadOnlySpan<char> text) => LongestMatch(text, Begin());

    /// <summary>The same, after a cursor that has read a prefix already.</summary>
    public static int LongestMatch(ReadOnlySpan<char> text, Cursor cursor)
    {
        int longest = 0;
        for (int i = 0; i < text.Length && cursor.Read(text[i]); i++)
        {
            longest = cursor.IsToken ? i + 1 : longest;
        }
        return longest;
    }

    /// <summary>The tokens that begin with the letters read.</summary>
    public struct Cursor(string[] tokens, int low, int high, int depth)
    {
        private int _low = low;
        private int _high = high;
        private int _depth = depth;

        /// <summary>True when the letters read are themselves a token: in order it comes before all longer ones.</summary>
        public readonly bool IsToken => _low < _high && tokens[_low].Length == _depth;

        /// <summary>Reads a letter; false when no token goes on with it.</summary>
        public bool Read(char letter)
        {
            _low = FirstAtLeast(letter);
            _high = letter == char.MaxValue ? _high : FirstAtLeast((char)(letter + 1));
            _depth++;
            return _low < _high;
        }

        private readonly int FirstAtLeast(char letter)
        {
            int low = _low;
            int high = _high;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                string token = tokens[middle];
                if (token.Length <= _depth || token[_depth] < letter)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }
            return low;
        }
    }
}
