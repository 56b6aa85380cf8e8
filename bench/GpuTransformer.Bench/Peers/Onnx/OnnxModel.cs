using System.Runtime.InteropServices;

namespace GpuTransformer.Bench.Peers;

/// <summary>Types of elements, as onnx.proto numbers them.</summary>
internal enum OnnxType
{
    /// <summary>float.</summary>
    Float = 1,

    /// <summary>uint8.</summary>
    UInt8 = 2,

    /// <summary>int8.</summary>
    Int8 = 3,

    /// <summary>int64.</summary>
    Int64 = 7,
}

/// <summary>A tensor that goes in or comes out.</summary>
internal sealed record OnnxTensor(string Name, int[] Shape)
{
    public int Elements => Shape.Aggregate(1, (a, b) => a * b);
}

/// <summary>A model of few nodes: what an operator of the peer is timed as. Field numbers are those of onnx.proto, IR
/// version 8, opset 17 and Microsoft's own domain.</summary>
internal sealed class OnnxModel
{
    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    private const int IrVersion = 8;
    private const int Opset = 17;
    private readonly List<ProtobufWriter> _nodes = [];
    private readonly List<ProtobufWriter> _initializers = [];
    private readonly List<OnnxTensor> _inputs = [];
    private readonly List<OnnxTensor> _outputs = [];

    public IReadOnlyList<OnnxTensor> Inputs => _inputs;

    public IReadOnlyList<OnnxTensor> Outputs => _outputs;

    /// <summary>Adds an input of float32.</summary>
    public string Input(string name, params int[] shape)
    {
        _inputs.Add(new OnnxTensor(name, shape));
        return name;
    }

    /// <summary>Adds an output of float32.</summary>
    public string Output(string name, params int[] shape)
    {
        _outputs.Add(new OnnxTensor(name, shape));
        return name;
    }

    /// <summary>Adds a constant.</summary>
    public string Constant<T>(string name, OnnxType type, ReadOnlySpan<T> values, params int[] shape)
        where T : unmanaged
    {
        var tensor = new ProtobufWriter();
        foreach (var size in shape)
        {
            tensor.Integer(1, size);
        }

        tensor.Integer(2, (int)type).Text(8, name).Bytes(9, MemoryMarshal.AsBytes(values));
        _initializers.Add(tensor);
        return name;
    }

    /// <summary>Adds a node with one output.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="domain">"" or <see cref="Microsoft"/>.</param>
    /// <param name="inputs">Names of values; "" where an optional one is left out.</param>
    /// <param name="output">Name of the value that it gives.</param>
    /// <param name="attributes">long, float or long[].</param>
    public string Node(string op, string domain, string[] inputs, string output, params (string Name, object Value)[] attributes)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        node.Text(2, output).Text(3, $"{op}.{_nodes.Count}").Text(4, op);
        foreach (var (name, value) in attributes)
        {
            node.Message(5, Attribute(name, value));
        }

        if (domain.Length > 0)
        {
            node.Text(7, domain);
        }

        _nodes.Add(node);
        return output;
    }

    /// <summary>The file.</summary>
    public byte[] ToArray()
    {
        var graph = new ProtobufWriter();
        _nodes.ForEach(node => graph.Message(1, node));
        graph.Text(2, "operator");
        _initializers.ForEach(tensor => graph.Message(5, tensor));
        _inputs.ForEach(input => graph.Message(11, ValueInfo(input)));
        _outputs.ForEach(output => graph.Message(12, ValueInfo(output)));
        return new ProtobufWriter()
            .Integer(1, IrVersion)
            .Message(7, graph)
            .Message(8, new ProtobufWriter().Text(1, "").Integer(2, Opset))
            .Message(8, new ProtobufWriter().Text(1, Microsoft).Integer(2, 1))
            .ToArray();
    }

    private static ProtobufWriter Attribute(string name, object value)
    {
        const int FloatType = 1, IntegerType = 2, IntegersType = 7;
        var attribute = new ProtobufWriter().Text(1, name);
        switch (value)
        {
            case float number:
                return attribute.Float(2, number).Integer(20, FloatType);
            case long number:
                return attribute.Integer(3, number).Integer(20, IntegerType);
            case long[] numbers:
                foreach (var number in numbers)
                {
                    attribute.Integer(8, number);
                }

                return attribute.Integer(20, IntegersType);
            default:
                throw new ArgumentException($"attribute {name}: {value.GetType().Name} is no type of ONNX's that is written here.");
        }
    }

    private static ProtobufWriter ValueInfo(OnnxTensor tensor)
    {
        var shape = new ProtobufWriter();
        foreach (var size in tensor.Shape)
        {
            shape.Message(1, new ProtobufWriter().Integer(1, size));
        }

        var type = new ProtobufWriter().Integer(1, (int)OnnxType.Float).Message(2, shape);
        return new ProtobufWriter().Text(1, tensor.Name).Message(2, new ProtobufWriter().Message(1, type));
    }
}
