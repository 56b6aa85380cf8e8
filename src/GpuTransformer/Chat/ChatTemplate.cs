using GpuTransformer.Chat.Jinja;
using GpuTransformer.Kernels;
using GpuTransformer.Tokenizers;

namespace GpuTransformer.Chat;

/// <summary>The template by which a model was taught conversations: a small part of Jinja, without files, without
/// reflection, with a budget of steps, characters and depth for each rendering. What messages hold stays told apart from
/// what the template writes, so that no message can become a control token.</summary>
public sealed class ChatTemplate
{
    private const int LongestTemplate = 1 << 20;
    private readonly string _name;
    private readonly Lazy<IReadOnlyList<Statement>> _statements;

    /// <summary>Takes a template; it is read when it is first used.</summary>
    /// <param name="source">The template, as chat_template of tokenizer_config.json has it.</param>
    /// <param name="name">What errors call it.</param>
    public ChatTemplate(string source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        Source = source;
        _name = name;
        _statements = new Lazy<IReadOnlyList<Statement>>(() => source.Length <= LongestTemplate
            ? Parser.Parse(source, name)
            : throw new InputException($"{name}: a chat template of {source.Length} characters, at most {LongestTemplate} are read."));
    }

    /// <summary>The template.</summary>
    public string Source { get; }

    /// <summary>The template of a model folder: chat_template.jinja, chat_template of tokenizer_config.json, or that of
    /// a GGUF file.</summary>
    /// <exception cref="InputException">There is none, or a file is not what it must be.</exception>
    public static ChatTemplate Load(string folder) => ChatTemplateFile.Load(folder);

    /// <summary>The beginning and end tokens and other words that the template may name.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; init; } = new Dictionary<string, string>();

    /// <summary>Where strftime_now takes the time from.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>A conversation as the model reads it.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="addGenerationPrompt">Whether it ends where the assistant begins to speak.</param>
    /// <returns>Parts in order; what came from messages is not trusted.</returns>
    /// <exception cref="InputException">The template uses what is not supported, costs too much, or refuses the messages.</exception>
    public IReadOnlyList<TextSpan> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = true)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Dictionary<string, object?> names = Globals.All();
        foreach ((string name, string token) in SpecialTokens)
        {
            names[name] = MarkedText.Own(token);
        }
        names["messages"] = new ValueList([.. messages.Select(Value)]);
        names["add_generation_prompt"] = addGenerationPrompt;
        names["tools"] = null;
        names["documents"] = null;
        var budget = new Budget(_name, messages.Sum(message => (long)message.Content.Length + message.Role.Length));
        var frame = new Frame(_name, budget, new MarkedText.Builder(), names, Time);
        foreach (Statement statement in _statements.Value)
        {
            statement.Run(frame);
        }
        MarkedText text = frame.Output.ToText();
        return [.. text.Runs.Select(run => new TextSpan(text.Text[run.Start..run.End], !run.IsData))];
    }

    /// <summary>A conversation's tokens, where the assistant begins to speak.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="allowSpecial">Whether special tokens that are written in messages are those tokens.</param>
    /// <exception cref="InputException">As <see cref="Render"/>.</exception>
    public int[] Encode(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, bool allowSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        IReadOnlyList<TextSpan> parts = Render(messages);
        return tokenizer.EncodeSpans(allowSpecial ? [.. parts.Select(part => part with { IsTrusted = true })] : parts).Ids;
    }

    private static ValueMap Value(ChatMessage message)
    {
        var map = new ValueMap();
        map.Set("role", MarkedText.Of(message.Role, isData: true));
        map.Set("content", MarkedText.Of(message.Content, isData: true));
        return map;
    }
}
