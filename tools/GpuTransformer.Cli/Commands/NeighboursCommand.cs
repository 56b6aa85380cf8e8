using System.CommandLine;
using System.Text.Json;
using GpuTransformer.Cli.Text;
using GpuTransformer.Weights;
using Spectre.Console;

namespace GpuTransformer.Cli.Commands;

/// <summary>gputx neighbours: the words nearest to a word, or to a sum of words, among word vectors.</summary>
internal static class NeighboursCommand
{
    private const int BarWidth = 16;
    private const int DefaultCount = 10;
    private const int MostCount = 1 << 16;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Word vectors: word2vec binary or text, or GloVe text; or word2vec-shakespeare, which is shipped." };
        var topK = new Option<int>("--top-k") { Description = "Words for each.", HelpName = "N", DefaultValueFactory = _ => DefaultCount };
        var analogies = new Option<string[]>("--analogy") { Description = "A sum of words: king-man+woman. May stand several times.", HelpName = "SUM", DefaultValueFactory = _ => [] };
        var command = new Command(
            "neighbours",
            "Find the words nearest to words, by cosine. A JSON line is {\"word\", \"neighbours\": [{\"word\", \"score\"}]}, with \"analogy\" for a sum. " +
            "Example: gputx neighbours word2vec-shakespeare king --analogy king-man+woman") { file, topK, analogies };
        var options = new TextOptions(
            command, hasFormat: false, hasBatch: false, name: "WORD", description: "Words. None, and no --analogy: lines of --file, or of standard input.");
        command.SetAction(parsed =>
        {
            var count = parsed.GetValue(topK);
            if (count is < 1 or > MostCount)
            {
                throw new ArgumentException($"--top-k {count}: expected 1 to {MostCount}");
            }

            var request = options.Read(parsed);
            var vectors = WordVectors.Load(ShippedModels.ResolveFile(parsed.GetValue(file)!, "vectors.bin"));
            var sums = parsed.GetValue(analogies)!;
            var code = sums.Length == 0 ? ExitCode.Ok : TextRun.Run(new Analogies(vectors, count), request with { Texts = sums, File = null });
            var hasWords = sums.Length == 0 || request.Texts.Length > 0 || request.File is not null;
            return Math.Max(code, hasWords ? TextRun.Run(new Neighbours(vectors, count), request) : ExitCode.Ok);
        });
        return command;
    }

    /// <summary>What both have in common: a question answered by words.</summary>
    private abstract class Work(WordVectors vectors, int count, string kind) : TextWork<WordExpression, IReadOnlyList<WordScore>>
    {
        protected WordVectors Vectors => vectors;

        public override IReadOnlyList<IReadOnlyList<WordScore>> Run(IReadOnlyList<WordExpression> batch, CancellationToken cancellation)
        {
            var answers = new List<IReadOnlyList<WordScore>>(batch.Count);
            foreach (var words in batch)
            {
                cancellation.ThrowIfCancellationRequested();
                answers.Add(vectors.MostSimilar(words.Positive, words.Negative, count));
            }

            return answers;
        }

        public override void WriteJson(Utf8JsonWriter json, WordExpression item, IReadOnlyList<WordScore> result)
        {
            json.WriteStartObject();
            json.WriteString(kind, item.Text);
            json.WriteStartArray("neighbours");
            foreach (var (word, score) in result)
            {
                json.WriteStartObject();
                json.WriteString("word", word);
                json.WriteNumber("score", score);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        public override void Show(IAnsiConsole console, TextInput input, WordExpression item, IReadOnlyList<WordScore> result)
        {
            console.MarkupLine($"[bold]{Shown.Markup(item.Text)}[/]");
            foreach (var (word, score) in result)
            {
                console.MarkupLine($"  {score:0.00000}  {Bars.Of(score, BarWidth),-BarWidth}  {Shown.Markup(word)}");
            }
        }
    }

    private sealed class Neighbours(WordVectors vectors, int count) : Work(vectors, count, "word")
    {
        public override WordExpression Prepare(TextInput input)
        {
            _ = Vectors.Require(input.Text);
            return new WordExpression(input.Text, [input.Text], []);
        }
    }

    private sealed class Analogies(WordVectors vectors, int count) : Work(vectors, count, "analogy")
    {
        public override WordExpression Prepare(TextInput input) => WordExpression.Parse(input.Text, Vectors);
    }
}
