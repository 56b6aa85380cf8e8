using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;
using GpuTransformer.Weights;

namespace GpuTransformer.Models;

/// <summary>torch.nn.Transformer itself, on embeddings: src and tgt in, the decoder's output out. The target is causal;
/// src_key_padding_mask (1 is padding) hides source tokens from the encoder and from the decoder.</summary>
public sealed class VanillaTransformer : TransformerModel, IEncoderDecoderGraph
{
    private readonly TransformerConfig _config;
    private readonly TransformerStacks _stacks;

    private VanillaTransformer(TransformerConfig config, WeightLoader load, ComputeDevice device, string folder)
        : base(load.Weights, device, folder)
    {
        _config = config;
        _stacks = new TransformerStacks(load, "", config);
    }

    /// <summary>The config.</summary>
    public TransformerConfig Config => _config;

    /// <inheritdoc/>
    public override string Architecture => "torch.nn.Transformer";

    internal static VanillaTransformer Load(ModelConfig config, ComputeDevice device)
    {
        var read = new TransformerConfig(
            config.Whole("d_model", 1, 1 << 16),
            config.Whole("nhead", 1, 1 << 10),
            config.Whole("num_encoder_layers", 1, 1 << 10),
            config.Whole("num_decoder_layers", 1, 1 << 10),
            config.Whole("dim_feedforward", 1, 1 << 20),
            ActivationNames.Read(config, "activation", "relu"),
            config.FlagOr("norm_first", false),
            FinalNorm: true,
            (float)config.NumberOr("layer_norm_eps", 1e-5, 0, 1));
        if (read.DModel % read.NHead != 0)
        {
            throw config.Error("d_model", $"a multiple of nhead {read.NHead}", $"{read.DModel}");
        }

        using var store = config.OpenWeights();
        var load = new WeightLoader(store, device, config.Options);
        var model = new VanillaTransformer(read, load, device, config.Folder);
        load.Pack();
        return model;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HostTensor> Forward(ForwardInputs inputs)
    {
        inputs.Allow("src", "tgt", "src_key_padding_mask");
        var (src, tgt) = (inputs.Require("src"), inputs.Require("tgt"));
        var (batch, sourceLength, targetLength) = (src.Size(0, 3), src.Size(1, 3), tgt.Size(1, 3));
        src.Expect(batch, sourceLength, _config.DModel);
        tgt.Expect(batch, targetLength, _config.DModel);
        if (batch == 0 || sourceLength == 0 || targetLength == 0)
        {
            throw new InputException($"src and tgt: expected at least one token, found [{batch}, {sourceLength}] and [{batch}, {targetLength}].");
        }

        var mask = inputs.Optional("src_key_padding_mask");
        mask?.Expect(batch, sourceLength);
        bool IsReal(int s, int i) => mask is null || !TokenBatch.MaskValue(mask, s * sourceLength + i, sourceLength);

        using var run = NewRun(batch, sourceLength, targetLength);
        run.Encoder.Write(run.Encoder.Program.Inputs["src"], RealRows(src.Floats, batch, sourceLength, IsReal));
        run.Encode(batch, sourceLength, IsReal, static (_, _) => 0);
        run.Decoder.Write(run.Decoder.Program.Inputs["tgt"], tgt.Floats);
        var rows = new DecoderRows(run);
        for (var s = 0; s < batch; s++)
        {
            rows.Begin(s, targetLength);
            for (var i = 0; i < targetLength; i++)
            {
                rows.Add(s, s, 0, i, i, i + 1);
            }
        }

        rows.Run();
        var output = new float[batch * targetLength * _config.DModel];
        run.Decoder.Read(run.Output, output);
        return [new HostTensor("output", output, batch, targetLength, _config.DModel)];
    }

    /// <inheritdoc/>
    GraphTensor IEncoderDecoderGraph.Encoder(GraphBuilder graph, TokenSpace source) =>
        _stacks.BuildEncoder(graph, graph.Input("src", source.Rows, _config.DModel), source);

    /// <inheritdoc/>
    void IEncoderDecoderGraph.MemoryKeys(GraphBuilder graph, GraphTensor memory, KeySpace keys, IntTable writes) =>
        _stacks.BuildMemoryKeys(graph, memory, keys, writes);

    /// <inheritdoc/>
    GraphTensor IEncoderDecoderGraph.Decoder(GraphBuilder graph, TokenSpace target, Visibility memory) =>
        _stacks.BuildDecoder(graph, graph.Input("tgt", target.Rows, _config.DModel), target, memory);

    /// <inheritdoc/>
    GraphTensor IEncoderDecoderGraph.Head(GraphBuilder graph, GraphTensor hidden) => hidden;

    private protected override IReadOnlyList<Session> PlanSessions()
    {
        var run = NewRun(1, 64, 64);
        return [run.Decoder, run.Encoder];
    }

    private EncoderDecoderRun NewRun(int batch, int sourceLength, int targetLength) => new(
        "transformer",
        new EncoderDecoderSize(batch, sourceLength, batch, checked(batch * targetLength), targetLength, LastOnly: false),
        this,
        Device);

    private float[] RealRows(float[] values, int batch, int length, Func<int, int, bool> isReal)
    {
        var rows = new List<float>(values.Length);
        for (var i = 0; i < batch * length; i++)
        {
            if (isReal(i / length, i % length))
            {
                rows.AddRange(values.AsSpan(i * _config.DModel, _config.DModel));
            }
        }

        return [.. rows];
    }
}
