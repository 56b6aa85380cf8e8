using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using GpuTransformer.Tokenizers;
using GpuTransformer.Tokenizers.Models;
using GpuTransformer.Tokenizers.Normalizers;
using GpuTransformer.Tokenizers.PreTokenizers;
using GpuTransformer.Tokenizers.Text;
using Xunit;

namespace GpuTransformer.Tests.Tokenizers;

/// <summary>Parts of tokenizers against simple references of their own.</summary>
public sealed class TokenizerPartTests
{
    private static readonly string[] Scraps =
    [
        "a", "Zé", "ß", "1", "٣", "½", " ", "  ", "\n", "\t", "\u00a0", "\u3000", "\u0085", "'", "'s", "'ll", "'re", "'x", "_",
        "-", "...", "中文", "\u0301", "\u200d", "\u0000", "€",
    ];

    [Fact]
    public void Gpt2PatternSplitsAsTheRegularExpressionDoes()
    {
        var pattern = new Regex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");
        Check(text =>
        {
            var parts = new List<string>();
            for (int at = 0; at < text.Length;)
            {
                int length = Gpt2Pattern.MatchLength(text.AsSpan(at));
                parts.Add(text.Substring(at, length));
                at += length;
            }
            Assert.Equal(pattern.Matches(text).Select(match => match.Value), parts);
        });
    }

    [Theory]
    [InlineData("\U0001D4D0\U0001D4D1 \U0001D7D8\U0001D7D9\U0001F600x", "\U0001D4D0\U0001D4D1| \U0001D7D8\U0001D7D9|\U0001F600|x")]
    [InlineData(" \U00010400", " \U00010400")]
    public void Gpt2PatternSeesWholeLettersOutsideTheFirstPlane(string text, string parts)
    {
        var found = new List<string>();
        for (int at = 0; at < text.Length; at += found[^1].Length)
        {
            found.Add(text.Substring(at, Gpt2Pattern.MatchLength(text.AsSpan(at))));
        }
        Assert.Equal(parts, string.Join('|', found));
    }

    [Fact]
    public void MergingWithAHeapEqualsMergingByRankFromTheLeft()
    {
        string letters = "abc";
        var ids = new Dictionary<string, int>();
        foreach (string token in letters.Select(letter => letter.ToString()))
        {
            ids.Add(token, ids.Count);
        }
        var random = new Random(7);
        var merges = new List<(string Left, string Right)>();
        while (merges.Count < 60)
        {
            string left = ids.Keys.ElementAt(random.Next(ids.Count));
            string right = ids.Keys.ElementAt(random.Next(ids.Count));
            if (left.Length + right.Length <= 8 && !merges.Contains((left, right)))
            {
                ids.TryAdd(left + right, ids.Count);
                merges.Add((left, right));
            }
        }
        var model = new BpeModel(new Vocabulary(ids, "test"), merges, null, ignoreMerges: false, "test");
        for (int i = 0; i < 500; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => letters[random.Next(3)]));
            var found = new List<ModelToken>();
            model.Tokenize(text, found);
            Assert.Equal(MergeSlowly(text, merges), found.Select(token => text[token.Start..token.End]));
            Assert.All(found, token => Assert.Equal(ids[text[token.Start..token.End]], token.Id));
        }
    }

    [Fact]
    public void LettersThatAreNoTokenAreDroppedOrUnknown()
    {
        var ids = new Dictionary<string, int> { ["a"] = 0, ["b"] = 1, ["ab"] = 2, ["?"] = 3 };
        (string, string)[] merges = [("a", "b")];
        var found = new List<ModelToken>();
        new BpeModel(new Vocabulary(ids, "test"), merges, null, false, "test").Tokenize("axb\U0001F600ab", found);
        // As Hugging Face counts: dropped letters take no bytes.
        Assert.Equal([new(2, 0, 2), new(2, 2, 5)], found);
        found.Clear();
        new BpeModel(new Vocabulary(ids, "test"), merges, "?", false, "test").Tokenize("axb\U0001F600ab", found);
        Assert.Equal([new(0, 0, 1), new(3, 1, 2), new(1, 2, 3), new(3, 3, 5), new(2, 5, 7)], found);
        found.Clear();
        var whole = new Dictionary<string, int> { ["a"] = 0, ["aa"] = 1 };
        new BpeModel(new Vocabulary(whole, "test"), [], null, ignoreMerges: true, "test").Tokenize("aa", found);
        Assert.Equal([new(1, 0, 2)], found);
    }

    [Theory]
    [InlineData("\u01D6", "u\u0308\u0304")]
    [InlineData("\uD55C\uAC00", "\u1112\u1161\u11AB\u1100\u1161")]
    [InlineData("a\u0301\u0316", "a\u0316\u0301")]
    [InlineData("a\u0301\u0300", "a\u0301\u0300")]
    [InlineData("\u00E9\u0316b", "e\u0316\u0301b")]
    [InlineData("\u1F82", "\u03B1\u0313\u0300\u0345")]
    [InlineData("\uF900\u212B", "\u8C48A\u030A")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\uFB01\u00BD", "\uFB01\u00BD")]
    [InlineData("\u0301\u0316", "\u0316\u0301")]
    public void CanonicalDecompositionIsUnicodes(string text, string expected)
    {
        var normalized = new NormalizedText(text);
        CanonicalDecomposition.Apply(normalized);
        Assert.Equal(expected, normalized.Units.ToString());
        CanonicalDecomposition.Apply(normalized);
        Assert.Equal(expected, normalized.Units.ToString());
    }

    [Fact]
    public void WhatNormalizersKeepStillPointsToItsSource()
    {
        var text = new NormalizedText("\u0007\u01D5\u200B \u4E2D\u0130");
        new BertNormalizer(true, true, null, true).Normalize(text);
        Assert.Equal("u  \u4E2D i", text.Units.ToString());
        Assert.Equal((1, 2), text.OriginalRange(0, 1));
        Assert.Equal((4, 5), text.OriginalRange(3, 4));
        Assert.Equal((5, 6), text.OriginalRange(5, 6));
        Assert.Equal((1, 6), text.OriginalRange(0, text.Length));
        var dotted = new NormalizedText("x\u0130");
        Lowercase.Apply(dotted);
        Assert.Equal("xi\u0307", dotted.Units.ToString());
        Assert.Equal((1, 2), dotted.OriginalRange(1, 3));
        NormalizedText piece = text.Slice(3, 4);
        Assert.Equal((4, 5), piece.OriginalRange(0, 1));
    }

    [Fact]
    public void PrefixSearchFindsTheLongestToken()
    {
        string[] tokens = ["a", "ab", "abcd", "b", "\uFFFF", "\uFFFFx", "\U0001F600"];
        var search = new PrefixSearch(tokens);
        foreach (string text in new[] { "abc", "abcde", "", "c", "ba", "\uFFFFxy", "\uFFFF", "\U0001F600\U0001F600", "\U0001F601" })
        {
            int expected = tokens.Where(token => text.StartsWith(token, StringComparison.Ordinal))
                .Select(token => token.Length).DefaultIfEmpty(0).Max();
            Assert.Equal(expected, search.LongestMatch(text));
        }
        Assert.Equal(0, new PrefixSearch([]).LongestMatch("a"));
    }

    [Fact]
    public void EveryByteHasALetterOfItsOwn()
    {
        var letters = Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).Value).ToList();
        Assert.Equal(256, letters.Distinct().Count());
        for (int value = 0; value < 256; value++)
        {
            Assert.True(ByteAlphabet.TryByteOf((char)letters[value], out byte back));
            Assert.Equal(value, back);
        }
        Assert.Equal('\u0120', letters[' ']);
        Assert.False(ByteAlphabet.TryByteOf(' ', out _));
        Assert.False(ByteAlphabet.TryByteOf('\uFFFF', out _));
    }

    private static List<string> MergeSlowly(string text, List<(string Left, string Right)> merges)
    {
        List<string> parts = [.. text.Select(letter => letter.ToString())];
        while (true)
        {
            int best = Enumerable.Range(0, parts.Count - 1)
                .Select(i => merges.IndexOf((parts[i], parts[i + 1]))).Where(rank => rank >= 0).DefaultIfEmpty(-1).Min();
            if (best < 0)
            {
                return parts;
            }
            int at = Enumerable.Range(0, parts.Count - 1).First(i => (parts[i], parts[i + 1]) == merges[best]);
            parts[at] += parts[at + 1];
            parts.RemoveAt(at + 1);
        }
    }

    private static void Check(Action<string> property) => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        picks => property(string.Concat(picks.Select(pick => Scraps[pick % Scraps.Length])))).QuickCheckThrowOnFailure();
}
