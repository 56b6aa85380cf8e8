using GpuTransformer.Generation;
using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Models;
using GpuTransformer.Weights;

namespace GpuTransformer.Bench.Peers;

/// <summary>A decoder that reads a text into empty caches, in a session that is made once.</summary>
internal sealed class PromptSide : ISide
{
    private readonly TransformerModel _model;
    private readonly CausalRun _run;
    private readonly PageCache _cache;
    private readonly int[][] _texts;
    private readonly float[] _logits;
    private readonly bool _everyRow;

    /// <param name="model">The model, disposed with this.</param>
    /// <param name="tokens">Tokens of the text.</param>
    /// <param name="everyRow">Logits of every token, else of the last.</param>
    public PromptSide(CausalModel model, int tokens, bool everyRow)
    {
        (_model, _everyRow) = (model, everyRow);
        var rows = everyRow ? tokens : 1;
        var program = model.NewProgram("prompt", tokens, 1, tokens, rows);
        _run = new CausalRun(model, program, null);
        _cache = new PageCache(program.Program, program.Space.Tokens.Keys, _run.Session.Store);
        _texts = [Text(tokens)];
        _logits = new float[(long)rows * model.VocabularySize];
    }

    /// <summary>Ids from all over a vocabulary.</summary>
    public static int[] Text(int tokens) => [.. Enumerable.Range(0, tokens).Select(i => 5 + i * 7 % 900)];

    public void Run()
    {
        _cache.Clear();
        _cache.Begin();
        _run.Read(_cache, _texts, _everyRow, selected => _run.ReadLogits(_logits.AsSpan(0, selected * _run.Model.VocabularySize)));
    }

    public void Dispose()
    {
        _cache.Dispose();
        _run.Dispose();
        _model.Dispose();
    }
}

/// <summary>One token after others that are cached, the same again and again: its keys are written over.</summary>
internal sealed class StepSide : ISide
{
    private const int Id = 7;
    private readonly TransformerModel _model;
    private readonly KeyValueStore _store;
    private readonly CausalRun _steps;
    private readonly PageCache _cache;
    private readonly float[] _logits;
    private readonly int _past;

    /// <param name="model">The model, disposed with this.</param>
    /// <param name="past">Tokens that are cached.</param>
    public StepSide(CausalModel model, int past)
    {
        (_model, _past) = (model, past);
        var length = past + 1;
        var steps = model.NewProgram("step", 1, 1, length, 1);
        var keys = steps.Space.Tokens.Keys;
        _store = new KeyValueStore(model.Device.Kernels, steps.Program, (keys, keys.Pages));
        _cache = new PageCache(steps.Program, keys, _store);
        _steps = new CausalRun(model, steps, _store);
        _logits = new float[model.VocabularySize];
        using var prompt = new CausalRun(model, model.NewProgram("prompt", past, 1, length, 1), _store);
        _cache.Begin();
        prompt.Read(_cache, [PromptSide.Text(past)], everyRow: false, static _ => { });
        _cache.Append(0, 1);
    }

    public void Run()
    {
        var rows = _steps.Begin(_cache, _past + 1);
        rows.Add(0, Id, _past);
        rows.Select();
        rows.Run();
        _steps.ReadLogits(_logits);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _steps.Dispose();
        _store.Dispose();
        _model.Dispose();
    }
}

/// <summary>Greedy decoding after a prompt, whose time does not count.</summary>
internal sealed class DecodeSide(CausalModel model, int prompt, int tokens) : ISide
{
    private readonly int[] _next = new int[1];
    private IDecoding? _decoding;

    public void Prepare()
    {
        _decoding?.Dispose();
        _decoding = model.Start(new DecodingRequest([PromptSide.Text(prompt)], 1, prompt + tokens + 1));
    }

    public void Run()
    {
        for (var i = 0; i < tokens; i++)
        {
            _next[0] = ArgMax.Of(_decoding!.Logits(0));
            _decoding.Append(_next);
        }
    }

    public void Dispose()
    {
        _decoding?.Dispose();
        model.Dispose();
    }
}

/// <summary>GPT-2 small.</summary>
internal static class Gpt2Checkpoint
{
    public const int Hidden = 768;
    public const int Layers = 12;
    public const int VocabSize = 50_257;
    private const int Positions = 1024;

    /// <summary>Weights that a token is multiplied with.</summary>
    public static double Weights => LayerWeights + (double)Hidden * VocabSize;

    /// <summary>Those of the layers.</summary>
    public static double LayerWeights => Layers * 12.0 * Hidden * Hidden;

    public static CausalModel Load(SideContext context)
    {
        var config = new
        {
            model_type = "gpt2",
            architectures = new[] { "GPT2LMHeadModel" },
            vocab_size = VocabSize,
            n_embd = Hidden,
            n_layer = Layers,
            n_head = 12,
            n_positions = Positions,
        };
        var folder = RandomCheckpoint.Folder(context.Models, "gpt2", config, weights =>
        {
            weights.Values("wte.weight", 0.06f, VocabSize, Hidden);
            weights.Values("wpe.weight", 0.06f, Positions, Hidden);
            for (var i = 0; i < Layers; i++)
            {
                weights.Norm($"h.{i}.ln_1", Hidden);
                weights.Conv1D($"h.{i}.attn.c_attn", Hidden, 3 * Hidden);
                weights.Conv1D($"h.{i}.attn.c_proj", Hidden, Hidden);
                weights.Norm($"h.{i}.ln_2", Hidden);
                weights.Conv1D($"h.{i}.mlp.c_fc", Hidden, 4 * Hidden);
                weights.Conv1D($"h.{i}.mlp.c_proj", 4 * Hidden, Hidden);
            }

            weights.Norm("ln_f", Hidden);
        });
        return (CausalModel)TransformerModel.Load(folder, context.ComputeDevice);
    }
}

/// <summary>SmolLM2-135M in 4 bits, the file that llama.cpp is timed on.</summary>
internal static class SmolLm2
{
    /// <summary>The file in the shared folder.</summary>
    /// <exception cref="InputException">It is not there.</exception>
    public static string File(string shared)
    {
        var folder = Path.Combine(shared, "real", "smollm2");
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.gguf").FirstOrDefault() is { } file
            ? file
            : throw new InputException($"{folder}: expected a GGUF file of SmolLM2, found none.");
    }

    /// <summary>With its weights as they are stored.</summary>
    public static CausalModel Load(SideContext context, ActivationEncoding activations = ActivationEncoding.F32) =>
        (CausalModel)TransformerModel.Load(
            File(context.Shared), context.ComputeDevice, new LoadOptions { Activations = activations });
}
