using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using GpuTransformer.Chat;
using GpuTransformer.Kernels;
using GpuTransformer.Tests.Weights;
using Xunit;

namespace GpuTransformer.Tests.Chat;

/// <summary>A template comes from a file: it reaches no code, ends soon, and says what it has that is not understood.</summary>
public sealed class ChatTemplateRefusalTests
{
    private static readonly TimeSpan s_hangs = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("{% include 'x' %}", "'include'")]
    [InlineData("{% import 'x' as y %}", "'import'")]
    [InlineData("{% extends 'x' %}", "'extends'")]
    [InlineData("{% break %}", "'break'")]
    [InlineData("line\n{{ messages | frobnicate }}", "line 2: the filter 'frobnicate'")]
    [InlineData("{{ x is frobnicated }}", "is frobnicated")]
    [InlineData("{{ frobnicate() }}", "'frobnicate'")]
    [InlineData("{{ nothing.inside }}", "'nothing' is undefined")]
    [InlineData("{{ raise_exception('only users') }}", "refuses these messages: only users")]
    [InlineData("{{ 1 / 0 }}", "no result")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "no result")]
    [InlineData("{{ 'a' + 1 }}", "a string + a whole number")]
    [InlineData("{{ '%s' % 1 }}", "a string % a whole number")]
    [InlineData("{{ messages", "does not end")]
    [InlineData("{% if true %}", "endif")]
    [InlineData("{# open", "comment")]
    [InlineData("{{ 'open }}", "string that does not end")]
    [InlineData("{{ 1 § 2 }}", "character")]
    [InlineData("{{ 99999999999999999999 }}", "the number")]
    [InlineData("{{ strftime_now('%Q') }}", "%Q")]
    public void NamesWhatIsNotUnderstood(string template, string mention) => Refused(template, mention);

    [Theory]
    [InlineData("{{ ''.__class__.__mro__[1].__subclasses__() }}")]
    [InlineData("{{ messages.GetType() }}")]
    [InlineData("{{ messages[0].content.GetType().Assembly }}")]
    [InlineData("{{ self.__init__.__globals__ }}")]
    [InlineData("{{ lipsum.__globals__['os'].popen('id').read() }}")]
    [InlineData("{{ namespace.__init__.__globals__ }}")]
    [InlineData("{{ messages.append(1) }}")]
    [InlineData("{{ ''.format.__self__() }}")]
    [InlineData("{{ '{0.__class__}'.format(1) }}")]
    public void ReachesNothing(string template) => Refused(template, "template");

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{{ 'x' * 1000000000 }}", "characters")]
    [InlineData("{{ [1] * 1000000000 }}", "steps")]
    [InlineData("{{ range(100001) }}", "range(0, 100001, 1)")]
    [InlineData("{{ range(0, 10, 0) }}", "range")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deeper")]
    [InlineData("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}", "deeper")]
    [InlineData("{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "steps")]
    [InlineData("{% set ns = namespace(s='a') %}{% for i in range(90000) %}{% set ns.s = ns.s + 'a' %}{% endfor %}", "characters")]
    [InlineData("{% for i in range(90000) %}{{ 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz' }}{% endfor %}", "characters")]
    [InlineData("{% set x = 'a b ' * 100000 %}{% for i in range(1000) %}{{ x.split() | length }}{% endfor %}", "steps")]
    [InlineData("{{ 'a' | indent(1000000000) | length }}{{ ('\\n' * 100000) | indent(1000, true, true) }}", "characters")]
    public void EndsWhenItCostsTooMuch(string template, string mention)
    {
        var watch = Stopwatch.StartNew();
        Refused(template, mention);
        Assert.True(watch.Elapsed < s_hangs, $"{watch.Elapsed}");
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("{'a':")]
    [InlineData("f(")]
    [InlineData("x[")]
    [InlineData("1 if ")]
    [InlineData("1 if 1 else ")]
    public void DeepNestingIsAnErrorOnASmallStack(string open) =>
        Refused("{{ " + string.Concat(Enumerable.Repeat(open, 50_000)) + " }}", "template");

    [Fact]
    public void DeepBlocksAndLongChainsAreErrorsOnASmallStack()
    {
        Refused(string.Concat(Enumerable.Repeat("{% if true %}", 50_000)), "deeper");
        Refused("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 50_000)) + " }}", "deeper");
        Refused("{{ x" + string.Concat(Enumerable.Repeat(".x", 50_000)) + " }}", "deeper");
        Refused("{{ 'a'" + string.Concat(Enumerable.Repeat(" | trim", 50_000)) + " }}", "deeper");
    }

    [Fact]
    public void LongConversationsAreRenderedInLinearTime() => Scaling.OfTime(
        n =>
        {
            var template = new ChatTemplate("{% for m in messages %}<{{ m['role'] }}>{{ m['content'] | trim + '\n' }}{% endfor %}", "template");
            var messages = Enumerable.Range(0, n).Select(i => new ChatMessage("user", $" message {i} of a long conversation ")).ToList();
            return () => template.Render(messages);
        },
        1_250);

    [Fact]
    public void AMessageOfManyLettersIsNoReasonToRefuse()
    {
        var template = new ChatTemplate("{% for m in messages %}{{ '<u>' + m.content | trim + '</u>' }}{% endfor %}", "template");
        string text = string.Concat(Enumerable.Repeat("ab ", 3_000_000)) + "a";
        Assert.Equal(text.Length + 7, template.Render([new ChatMessage("user", text)]).Sum(part => part.Text.Length));
    }

    [Fact]
    public void MutatedTemplatesGiveTextOrOurError()
    {
        const string Template = "{% set ns = namespace(a=1) %}{%- for m in messages if m.role != 'x' -%}{{ loop.index ~ m['content'][1:] | trim | tojson(indent=2) }}{% if not loop.last and m is defined %}{{ '\\n' * 2 }}{% else %}{% macro q(a, b=3) %}{{ a + b }}{% endmacro %}{{ q(1, b=2) }}{% endif %}{% endfor %}{# c #}{% raw %}{{{% endraw %}";
        Prop.ForAll(
            ArbMap.Default.ArbFor<(int, int, char)[]>(),
            edits =>
            {
                string text = Template;
                foreach ((int kind, int place, char letter) in edits)
                {
                    int at = (int)((uint)place % (uint)text.Length);
                    int other = (int)((uint)kind / 3 % (uint)text.Length);
                    text = ((uint)kind % 3) switch
                    {
                        0 => text.Insert(at, letter is >= ' ' and <= '~' ? letter.ToString() : "{%"),
                        1 => text.Remove(at, Math.Min(text.Length - at, 1 + other % 4)) + " ",
                        _ => text.Insert(at, text.Substring(other, Math.Min(12, text.Length - other))),
                    };
                }
                try
                {
                    new ChatTemplate(text, "template").Render([new ChatMessage("user", "hi"), new ChatMessage("x", "y")]);
                }
                catch (InputException)
                {
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    private static void Refused(string template, string mention)
    {
        (Exception? error, _) = HostileRun.Measure(() => new ChatTemplate(template, "template").Render([new ChatMessage("user", "hello")]));
        InputException refused = Assert.IsType<InputException>(error);
        Assert.Contains(mention, refused.Message, StringComparison.Ordinal);
    }
}
