namespace GpuTransformer.Chat;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks, as the model's template names it: system, user, assistant.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessage(string Role, string Content);
