using System.Text;
using GpuTransformer.Generation;
using GpuTransformer.Kernels;
using GpuTransformer.Models;

namespace GpuTransformer.Chat;

/// <summary>A conversation with a model, by the template of its folder.</summary>
public sealed class ChatSession
{
    private readonly GenerativeModel _model;
    private readonly ChatTemplate _template;
    private readonly List<ChatMessage> _messages = [];

    /// <summary>Begins one.</summary>
    /// <param name="model">The model.</param>
    /// <param name="system">What the model is told before the first message; null: what the template says.</param>
    /// <exception cref="InputException">The model's folder has no template.</exception>
    public ChatSession(GenerativeModel model, string? system = null)
        : this(model, ChatTemplate.Load((model ?? throw new ArgumentNullException(nameof(model))).Folder), system)
    {
    }

    /// <summary>Begins one by a template of one's own.</summary>
    public ChatSession(GenerativeModel model, ChatTemplate template, string? system = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(template);
        (_model, _template) = (model, template);
        if (system is not null)
        {
            _messages.Add(new ChatMessage("system", system));
        }
    }

    /// <summary>What has been said.</summary>
    public IReadOnlyList<ChatMessage> Messages => _messages;

    /// <summary>Says something and gives the answer, token by token as it is made. Both become part of the conversation
    /// once the answer is whole, or left early.</summary>
    /// <param name="text">What is said; nothing in it becomes a control token.</param>
    /// <param name="options">What goes before the model's own defaults.</param>
    /// <param name="cancellation">Looked at between tokens.</param>
    /// <exception cref="InputException">The conversation is longer than the model, or the template refuses it.</exception>
    public IEnumerable<GeneratedToken> Say(string text, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ChatMessage said = new("user", text);
        int[] ids = _template.Encode(_model.Tokenizer, [.. _messages, said]);
        return Answer(said, _model.Stream(ids, options, cancellation));
    }

    private IEnumerable<GeneratedToken> Answer(ChatMessage said, IEnumerable<GeneratedToken> tokens)
    {
        var answer = new StringBuilder();
        try
        {
            foreach (GeneratedToken token in tokens)
            {
                answer.Append(token.Text);
                yield return token;
            }
        }
        finally
        {
            _messages.Add(said);
            _messages.Add(new ChatMessage("assistant", answer.ToString()));
        }
    }
}
