namespace GpuTransformer.Weights;

/// <summary>A place in the names of a <see cref="WeightStore"/>, so that a layer asks for "weight" and the model says
/// where: <c>store.Root.Under("encoder.layer.0").Under("attention")</c>.</summary>
/// <param name="Store">Where the tensors are.</param>
/// <param name="Path">What stands before each name, without the last dot; empty at the root.</param>
public readonly record struct WeightScope(WeightStore Store, string Path)
{
    /// <summary>The scope one step or several (with dots) further down.</summary>
    public WeightScope Under(string name) => new(Store, NameOf(name));

    /// <summary>The scope of the item with this index.</summary>
    public WeightScope Under(int index) => Under(index.ToString());

    /// <summary>The full name of a tensor in this scope.</summary>
    public string NameOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    /// <summary>True when the tensor is there.</summary>
    public bool Has(string name) => Store.Has(NameOf(name));

    /// <summary>As <see cref="WeightStore.Require"/>.</summary>
    public WeightSource Require(string name, params ReadOnlySpan<long> shape) => Store.Require(NameOf(name), shape);

    /// <summary>As <see cref="WeightStore.Optional"/>.</summary>
    public WeightSource? Optional(string name, params ReadOnlySpan<long> shape) => Store.Optional(NameOf(name), shape);
}
