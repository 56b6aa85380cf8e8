namespace GpuTransformer.Weights;

/// <summary>The tensors of one model, whatever files they lie in, under the names that Hugging Face gives them.</summary>
internal abstract class StoredTensors : IDisposable
{
    /// <summary>How many tensors there are.</summary>
    public abstract int Count { get; }

    /// <summary>The place of the tensor with this name, or -1.</summary>
    public abstract int Find(string name);

    /// <summary>What is known of the tensor at a place.</summary>
    public abstract TensorInfo InfoAt(int index);

    /// <summary>The tensor at a place, for reading.</summary>
    public abstract WeightSource SourceAt(int index);

    /// <summary>Unmaps the files.</summary>
    public abstract void Dispose();
}
