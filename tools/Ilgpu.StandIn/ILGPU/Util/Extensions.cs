namespace ILGPU
{
    public enum ClearCacheMode
    {
        Default = 0,
        Everything = 1,
    }

    public interface ICache
    {
        void ClearCache(ClearCacheMode mode);
    }

    public abstract class ContextExtension : Util.CachedExtension
    { }
}

namespace ILGPU.Runtime
{
    public abstract class AcceleratorExtension : Util.CachedExtension
    { }
}

namespace ILGPU.Util
{
    public abstract class Extension : DisposeBase
    { }

    public abstract class CachedExtension : Extension, ICache
    {
        public virtual void ClearCache(ClearCacheMode mode)
        { }
    }

    public abstract class ExtensionBase<TExtension> : DisposeBase
        where TExtension : Extension
    {
        private readonly Dictionary<Type, TExtension> extensions = [];

        public void RegisterExtension<T>(T extension)
            where T : TExtension => extensions[typeof(T)] = extension;

        public T GetExtension<T>()
            where T : TExtension => (T)extensions[typeof(T)];

        public void ForEachExtension(Action<TExtension> action)
        {
            foreach (var extension in extensions.Values)
                action(extension);
        }

        protected override void Dispose(bool disposing)
        {
            foreach (var extension in extensions.Values)
                extension.Dispose();
            base.Dispose(disposing);
        }
    }

    public abstract class CachedExtensionBase<TExtension> : ExtensionBase<TExtension>, ICache
        where TExtension : CachedExtension
    {
        public virtual void ClearCache(ClearCacheMode mode) =>
            ForEachExtension(extension => extension.ClearCache(mode));
    }
}
