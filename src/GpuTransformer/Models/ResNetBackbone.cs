using GpuTransformer.Graph;
using GpuTransformer.Kernels;
using GpuTransformer.Layers;

namespace GpuTransformer.Models;

/// <summary>ResNet (He et al. 2015, arXiv:1512.03385) from pixels to feature maps, batch norms frozen and folded into the
/// convolutions. Follows transformers/models/resnet/modeling_resnet.py, and timm's resnet.py for its names and dilation.</summary>
internal sealed class ResNetBackbone
{
    private readonly ResNetConfig _config;
    private readonly ConvolutionLayer _stem;
    private readonly Block[][] _stages;

    /// <param name="config">The config.</param>
    /// <param name="load">The weights.</param>
    /// <param name="name">The checkpoint's name of the backbone.</param>
    public ResNetBackbone(ResNetConfig config, WeightLoader load, string name)
    {
        _config = config;
        var stem = config.HasTimmNames
            ? load.NormedConvolution($"{name}.conv1", $"{name}.bn1", config.EmbeddingSize, config.NumChannels, 7)
            : load.NormedConvolution(
                $"{name}.embedder.embedder.convolution", $"{name}.embedder.embedder.normalization", config.EmbeddingSize, config.NumChannels, 7);
        _stem = new ConvolutionLayer(stem, 7, 7, Stride: 2, Padding: 3);

        // Stages behind the last that is asked for are stored and not used.
        _stages = [.. Enumerable.Range(1, config.OutputStages[^1]).Select(stage => Stage(load, name, stage))];
    }

    /// <summary>Names of what is stored and not used.</summary>
    public static IEnumerable<string> Unused(ResNetConfig config, string name) =>
        from stage in Enumerable.Range(config.OutputStages[^1] + 1, config.Depths.Count - config.OutputStages[^1])
        select config.HasTimmNames ? $"{name}.layer{stage}.*" : $"{name}.encoder.stages.{stage - 1}.*";

    /// <summary>Pixels [images, channels · height · width] to the feature maps of <see cref="ResNetConfig.OutputStages"/>.</summary>
    public FeatureMap[] Build(MapSpaces spaces, GraphTensor pixels, int height, int width)
    {
        var x = Pool(spaces, _stem.BuildFromPlanes(spaces, pixels, height, width, _config.HiddenAct));
        var maps = new List<FeatureMap>();
        for (var stage = 0; stage <= _stages.Length; stage++)
        {
            foreach (var block in stage == 0 ? [] : _stages[stage - 1])
            {
                x = block.Build(spaces, x, _config.HiddenAct);
            }

            if (_config.OutputStages.Contains(stage))
            {
                maps.Add(x);
            }
        }

        return [.. maps];
    }

    private static FeatureMap Pool(MapSpaces spaces, FeatureMap x)
    {
        var (height, width) = (ConvolutionGeometry.OutputSize(x.Height, 3, 2, 1), ConvolutionGeometry.OutputSize(x.Width, 3, 2, 1));
        var pooled = spaces.Graph.MaxPool("pooler", x.Rows, spaces.Of(height, width), new MaxPoolArgs
        {
            Height = x.Height,
            Width = x.Width,
            OutHeight = height,
            OutWidth = width,
            Kernel = 3,
            Stride = 2,
            Padding = 1,
        });
        return new FeatureMap(pooled, height, width);
    }

    private Block[] Stage(WeightLoader load, string name, int stage)
    {
        var isDilated = _config.LastStageIsDilated && stage == _config.Depths.Count;
        var stride = isDilated || (stage == 1 && !_config.DownsampleInFirstStage) ? 1 : 2;
        var blocks = new Block[_config.Depths[stage - 1]];
        for (var layer = 0; layer < blocks.Length; layer++)
        {
            var names = new BlockNames(_config.HasTimmNames, name, stage, layer);
            blocks[layer] = new Block(
                _config,
                load,
                names,
                layer == 0 ? _config.ChannelsOf(stage - 1) : _config.ChannelsOf(stage),
                _config.ChannelsOf(stage),
                layer == 0 ? stride : 1,
                layer == 0 || !isDilated ? 1 : 2,
                isDilated ? 2 : 1);
        }

        return blocks;
    }

    /// <summary>What a checkpoint calls the parts of a layer.</summary>
    private readonly record struct BlockNames(bool IsTimm, string Backbone, int Stage, int Layer)
    {
        private string Prefix => IsTimm ? $"{Backbone}.layer{Stage}.{Layer}" : $"{Backbone}.encoder.stages.{Stage - 1}.layers.{Layer}";

        public LinearWeights Convolution(WeightLoader load, int index, int outputs, int channels, int kernel) => IsTimm
            ? load.NormedConvolution($"{Prefix}.conv{index + 1}", $"{Prefix}.bn{index + 1}", outputs, channels, kernel)
            : load.NormedConvolution(
                $"{Prefix}.layer.{index}.convolution", $"{Prefix}.layer.{index}.normalization", outputs, channels, kernel);

        public LinearWeights Shortcut(WeightLoader load, int outputs, int channels) => IsTimm
            ? load.NormedConvolution($"{Prefix}.downsample.0", $"{Prefix}.downsample.1", outputs, channels, 1)
            : load.NormedConvolution($"{Prefix}.shortcut.convolution", $"{Prefix}.shortcut.normalization", outputs, channels, 1);
    }

    /// <summary>activation(convolutions(x) + shortcut(x)).</summary>
    private sealed class Block
    {
        private readonly ConvolutionLayer[] _layers;
        private readonly ConvolutionLayer? _shortcut;

        /// <param name="config">The config.</param>
        /// <param name="load">The weights.</param>
        /// <param name="names">The checkpoint's names.</param>
        /// <param name="channels">Channels of x.</param>
        /// <param name="outputs">Channels of the result.</param>
        /// <param name="stride">Of the layer.</param>
        /// <param name="firstDilation">Of the convolution that strides.</param>
        /// <param name="dilation">Of the one after it, in a layer without a bottleneck.</param>
        public Block(
            ResNetConfig config, WeightLoader load, BlockNames names, int channels, int outputs, int stride, int firstDilation, int dilation)
        {
            _shortcut = channels == outputs && stride == 1
                ? null
                : new ConvolutionLayer(names.Shortcut(load, outputs, channels), 1, 1, stride);
            var inner = outputs / 4;
            var early = config.DownsampleInBottleneck ? stride : 1;
            _layers = config.IsBottleneck
                ?
                [
                    new ConvolutionLayer(names.Convolution(load, 0, inner, channels, 1), 1, 1, early),
                    new ConvolutionLayer(names.Convolution(load, 1, inner, inner, 3), 3, 3, stride / early, firstDilation, firstDilation),
                    new ConvolutionLayer(names.Convolution(load, 2, outputs, inner, 1), 1, 1),
                ]
                :
                [
                    new ConvolutionLayer(names.Convolution(load, 0, outputs, channels, 3), 3, 3, stride, firstDilation, firstDilation),
                    new ConvolutionLayer(names.Convolution(load, 1, outputs, outputs, 3), 3, 3, 1, dilation, dilation),
                ];
        }

        public FeatureMap Build(MapSpaces spaces, FeatureMap x, ActivationKind activation)
        {
            var residual = _shortcut is null ? x : _shortcut.Build(spaces, x);
            foreach (var layer in _layers[..^1])
            {
                x = layer.Build(spaces, x, activation);
            }

            // The matmul's residual comes after its activation, this block's before: so the last activation stands alone.
            var last = _layers[^1];
            x = last.Build(spaces, x, ActivationKind.None, residual.Rows);
            return x with { Rows = spaces.Graph.Activate(last.Weights.Name, x.Rows, activation) };
        }
    }
}
