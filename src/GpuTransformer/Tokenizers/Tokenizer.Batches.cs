using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace GpuTransformer.Tokenizers;

/// <content>Many texts at once, and the windows of one that is too long.</content>
public sealed partial class Tokenizer
{
    private const int TextsAtATime = 64;

    /// <summary>The tokens of many texts, on every processor. Padding without a length fills them up to the
    /// longest.</summary>
    public Tokenization[] EncodeBatch(IReadOnlyList<string> texts, EncodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new EncodeOptions();
        SpecialScope? scope = options.AllowSpecial ? null : SpecialScope.Nowhere;
        var lists = new TokenList[texts.Count];
        InBlocks(texts.Count, i => lists[i] = Unpadded(texts[i], null, scope, options.AddSpecialTokens));
        int longest = lists.Length == 0 ? 0 : lists.Max(list => list.Count);
        var found = new Tokenization[lists.Length];
        for (int i = 0; i < lists.Length; i++)
        {
            Padding?.Apply(lists[i], longest);
            found[i] = new Tokenization(lists[i], texts[i]);
        }
        return found;
    }

    /// <summary>All windows of a text, or of a pair, that <see cref="Truncation"/> cuts: the first is what encoding gives,
    /// the others begin anew with what was cut off and as many tokens before it as its stride says. What Hugging Face calls
    /// overflowing tokens, in its order.</summary>
    public IReadOnlyList<Tokenization> EncodeWindows(string first, string? second = null, EncodeOptions? options = null)
    {
        options ??= new EncodeOptions();
        (TokenList ofFirst, TokenList? ofSecond) =
            Sequences(first, second, options.AllowSpecial ? null : SpecialScope.Nowhere);
        IReadOnlyList<TokenList> firsts = [ofFirst];
        IReadOnlyList<TokenList?> seconds = [ofSecond];
        if (Truncation is not null)
        {
            (int keepFirst, int keepSecond) = Truncation.Keep(
                ofFirst.Count, ofSecond?.Count, Room(second is not null, options.AddSpecialTokens));
            firsts = Truncation.Windows(ofFirst, keepFirst);
            seconds = ofSecond is null ? seconds : Truncation.Windows(ofSecond, keepSecond);
        }
        var pairs = new List<(TokenList First, TokenList? Second)> { (firsts[0], seconds[0]) };
        pairs.AddRange(firsts.Skip(1).SelectMany(_ => seconds, (one, other) => (one, other)));
        pairs.AddRange(seconds.Skip(1).Select(other => (firsts[0], other)));
        return [.. pairs.Select(pair => Window(pair.First, pair.Second, first, second, options.AddSpecialTokens))];
    }

    // Post-processing may change a list, and a list may stand in several windows.
    private Tokenization Window(TokenList one, TokenList? other, string first, string? second, bool addSpecialTokens)
    {
        TokenList tokens = _postProcessor.Process(
            one.Slice(0, one.Count), other?.Slice(0, other.Count), addSpecialTokens);
        Padding?.Apply(tokens, tokens.Count);
        return new Tokenization(tokens, first, second);
    }

    private static void InBlocks(int count, Action<int> run)
    {
        if (count <= TextsAtATime)
        {
            for (int i = 0; i < count; i++)
            {
                run(i);
            }
            return;
        }
        try
        {
            Parallel.ForEach(Partitioner.Create(0, count, TextsAtATime), range =>
            {
                for (int i = range.Item1; i < range.Item2; i++)
                {
                    run(i);
                }
            });
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }
}
