using System.Collections.Immutable;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ILGPU;

public sealed partial class Context
{
    public static Builder Create() => new();

    public static Context Create(Action<Builder> buildingCallback)
    {
        ArgumentNullException.ThrowIfNull(buildingCallback);
        var builder = Create();
        buildingCallback(builder);
        return builder.ToContext();
    }

    public static Context CreateDefault() => Create(builder => builder.Default());

    public static Context CreateDefaultAutoAssertions() => Create(builder => builder.Default().AutoAssertions());

    public static Context CreateDefaultAutoDebug() => Create(builder => builder.Default().AutoDebug());

    /// <summary>Collects devices and options.</summary>
    public sealed class Builder : ContextProperties
    {
        private readonly List<Device> devices = [];

        internal Builder()
        { }

        public Builder Default() => AllAccelerators().AutoAssertions().AutoIOOperations();

        public Builder AllAccelerators() => this.DefaultCPU().OpenCL().Cuda();

        public Builder AllAccelerators(Predicate<Device> predicate) =>
            this.CPU(predicate).OpenCL(predicate).Cuda(predicate);

        public Builder Inlining(InliningMode inliningMode)
        {
            InliningMode = inliningMode;
            return this;
        }

        public Builder DebugSymbols(DebugSymbolsMode debugSymbolsMode) =>
            debugSymbolsMode < DebugSymbolsMode
                ? throw new InvalidOperationException("Debug symbols cannot be turned down again.")
                : this;

        public Builder Assertions()
        {
            EnableAssertions = true;
            return DebugSymbols(DebugSymbolsMode.Basic);
        }

        public Builder IOOperations()
        {
            EnableIOOperations = true;
            return DebugSymbols(DebugSymbolsMode.Basic);
        }

        public Builder Verify()
        {
            EnableVerifier = true;
            return this;
        }

        public Builder Math(MathMode mathMode)
        {
            MathMode = mathMode;
            return this;
        }

        public Builder StaticFields(StaticFieldMode fieldMode)
        {
            StaticFieldMode = fieldMode;
            return this;
        }

        public Builder Arrays(ArrayMode arrayMode)
        {
            ArrayMode = arrayMode;
            return this;
        }

        public Builder Caching(CachingMode cachingMode)
        {
            CachingMode = cachingMode;
            return this;
        }

        public Builder AutoAssertions() => System.Diagnostics.Debugger.IsAttached ? Assertions() : this;

        public Builder AutoIOOperations() => System.Diagnostics.Debugger.IsAttached ? IOOperations() : this;

        public Builder AutoDebug() => System.Diagnostics.Debugger.IsAttached ? Debug() : this;

        public Builder Debug() =>
            Optimize(OptimizationLevel.Debug).Assertions().IOOperations().DebugSymbols(DebugSymbolsMode.Kernel);

        public Builder Release() => Optimize(OptimizationLevel.Release);

        public Builder Optimize(OptimizationLevel level)
        {
            OptimizationLevel = level;
            return this;
        }

        public Builder PageLocking(PageLockingMode mode)
        {
            PageLockingMode = mode;
            return this;
        }

        public Builder Profiling()
        {
            EnableProfiling = true;
            return this;
        }

        public Context ToContext() => new(Snapshot(), [.. devices]);

        internal void Register(Device device)
        {
            ArgumentNullException.ThrowIfNull(device);
            if (!devices.Contains(device))
                devices.Add(device);
        }
    }
}
