using System.Text.Json;
using Spectre.Console;

namespace GpuTransformer.Cli.Text;

/// <summary>What a text command does with its inputs. An <see cref="Kernels.InputException"/> or
/// <see cref="Kernels.ShapeException"/> thrown for an input makes that input bad; anything else ends the command.</summary>
/// <typeparam name="TItem">An input made ready: its ids.</typeparam>
/// <typeparam name="TResult">An answer.</typeparam>
internal abstract class TextWork<TItem, TResult>
{
    /// <summary>Makes an input ready, as a rule by cutting it into tokens. Called on several threads at once.</summary>
    public abstract TItem Prepare(TextInput input);

    /// <summary>Looks at all items of a window before any of them runs.</summary>
    public virtual void SeeWindow(IEnumerable<TItem> items)
    {
    }

    /// <summary>Tokens of an item: batches are made of items of like length.</summary>
    public virtual int LengthOf(TItem item) => 0;

    /// <summary>The answers of a batch, in its order.</summary>
    public abstract IReadOnlyList<TResult> Run(IReadOnlyList<TItem> batch, CancellationToken cancellation);

    /// <summary>Writes an answer as one JSON value. Called on several threads at once.</summary>
    public abstract void WriteJson(Utf8JsonWriter json, TItem item, TResult result);

    /// <summary>Shows an answer to a person.</summary>
    public abstract void Show(IAnsiConsole console, TextInput input, TItem item, TResult result);

    /// <summary>Shows what is to be said after the last answer.</summary>
    public virtual void ShowEnd(IAnsiConsole console)
    {
    }
}
