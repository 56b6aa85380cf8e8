using GpuTransformer.Cli.Text;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;

namespace GpuTransformer.Cli.Generating;

/// <summary>Cuts prompts and sources into tokens, and sees that they leave room for an answer.</summary>
internal sealed class PromptEncoder
{
    private readonly GenerativeModel _model;
    private readonly bool _special;
    private readonly bool _truncates;
    private readonly int _room;
    private readonly int _cut;
    private readonly string _what;

    /// <param name="model">The model.</param>
    /// <param name="options">How long answers may be.</param>
    /// <param name="special">Whether special tokens that are written in a text are those tokens.</param>
    /// <param name="truncate">Whether a text that is too long is cut: a decoder's prompt at its start, a source at its end.</param>
    public PromptEncoder(GenerativeModel model, GenerationOptions options, bool special, bool truncate)
    {
        (_model, _special, _truncates) = (model, special, truncate);
        _room = model.LongestInput(options);

        // A prompt that is cut anyway leaves room for an answer of the usual length.
        _cut = model.IsEncoderDecoder || !new GenerationSettings(options.Over(model.GenerationDefaults)).HasDefaultLength
            ? _room
            : Math.Clamp(model.MaxTargetLength - GenerationSettings.DefaultNewTokens, 1, _room);
        _what = model.IsEncoderDecoder
            ? $"the model reads {_room}"
            : $"with the answer the model has {model.MaxTargetLength}, which leaves {_room}";
    }

    /// <summary>The tokens of a text.</summary>
    /// <exception cref="InputException">It is a pair, or too long.</exception>
    public PromptItem Encode(TextInput input)
    {
        var text = TextOf(input);
        var ids = _model.Encode(text, _special);
        return ids.Length <= _room ? new PromptItem(ids, input.Number)
            : _truncates ? new PromptItem(_model.Encode(text, _special, _cut), input.Number)
            : throw TooLong(ids.Length, " (--truncate cuts it)");
    }

    /// <summary>The tokens of a conversation, which is never cut.</summary>
    /// <exception cref="InputException">They leave no room for an answer.</exception>
    public PromptItem Take(int[] ids, int number) => ids.Length <= _room ? new PromptItem(ids, number) : throw TooLong(ids.Length, "");

    /// <summary>The one text of an input.</summary>
    /// <exception cref="InputException">It is a pair.</exception>
    public static string TextOf(TextInput input) => input.Pair is null
        ? input.Text
        : throw new InputException("a pair of texts, where one text was expected");

    private InputException TooLong(int tokens, string hint) => new($"{tokens} tokens: {_what}{hint}");
}
