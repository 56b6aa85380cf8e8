using System.Reflection;

namespace ILGPU
{
    /// <summary>Marks a method that no kernel may call.</summary>
    [AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor, AllowMultiple = false)]
    public sealed class NotInsideKernelAttribute : Attribute
    {
        public static bool IsDefined(MethodBase method) => method.IsDefined(typeof(NotInsideKernelAttribute));
    }
}

namespace ILGPU.Frontend
{
    /// <summary>Marks a method that ILGPU does not compile: the CPU accelerator calls it as it is.</summary>
    [AttributeUsage(AttributeTargets.Method, AllowMultiple = false)]
    public sealed class ExternalAttribute : Attribute
    {
        public ExternalAttribute(string name)
        {
            Name = name;
        }

        public string Name { get; }

        public string GetName(MethodInfo method) => string.IsNullOrEmpty(Name) ? method.Name : Name;
    }
}
