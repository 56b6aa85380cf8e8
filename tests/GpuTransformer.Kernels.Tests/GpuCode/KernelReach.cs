using System.Reflection;
using System.Reflection.Emit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>What a kernel reaches of this project: methods that are called, fields that are read, and the types of
/// arguments, results and fields. Local variables are left out: which of them exist depends on the compiler's options.</summary>
internal sealed class KernelReach
{
    private readonly HashSet<MethodBase> _methods = [];
    private readonly HashSet<Type> _types = [];
    private readonly HashSet<(string Type, string Member)> _members = [];

    /// <summary>Paths of types, as <see cref="SourceIndex"/> writes them.</summary>
    public IEnumerable<string> Types => _types.Where(IsOwn).Select(PathOf).Distinct();

    public IEnumerable<(string Type, string Member)> Members => _members;

    public static KernelReach Of(params IEnumerable<MethodBase> roots)
    {
        var reach = new KernelReach();
        foreach (var root in roots)
        {
            reach.Visit(root);
        }

        return reach;
    }

    private static bool IsOwn(Type type) => type.Assembly == typeof(KernelCatalog).Assembly;

    private static string PathOf(Type type)
    {
        var name = type.Name.Split('`')[0];
        return type.DeclaringType is { } outer ? $"{PathOf(outer)}.{name}" : name;
    }

    private void Visit(MethodBase method)
    {
        if (CalleeRules.IsForeign(method))
        {
            VisitForeign(method);
            return;
        }

        if (!_methods.Add(method))
        {
            return;
        }

        AddMember(method.DeclaringType!, method.Name);
        AddSignature(method);
        var code = new IlMethod(method);
        for (var i = 0; i < code.Instructions.Count; i++)
        {
            var instruction = code.Instructions[i];
            if (instruction.Code == OpCodes.Call || instruction.Code == OpCodes.Callvirt || instruction.Code == OpCodes.Newobj)
            {
                var target = code.ResolveCall(i);
                AddType(target.DeclaringType!);
                Visit(target);
            }
            else if (instruction.Code.OperandType == OperandType.InlineField)
            {
                var field = code.ResolveField(instruction.Token);
                AddType(field.FieldType);
                AddMember(field.DeclaringType!, field.Name);
            }
        }
    }

    /// <summary>ILGPU's methods are not walked, but they carry our types: view.Cast&lt;Float4&gt;().</summary>
    private void VisitForeign(MethodBase method)
    {
        AddType(method.DeclaringType!);
        AddSignature(method);
    }

    private void AddSignature(MethodBase method)
    {
        foreach (var parameter in method.GetParameters())
        {
            AddType(parameter.ParameterType);
        }

        if (method is MethodInfo { ReturnType: var result })
        {
            AddType(result);
        }

        if (method.IsGenericMethod)
        {
            Array.ForEach(method.GetGenericArguments(), AddType);
        }
    }

    private void AddType(Type type)
    {
        if (type.HasElementType)
        {
            AddType(type.GetElementType()!);
            return;
        }

        if (type.IsGenericParameter || !_types.Add(type))
        {
            return;
        }

        if (type.IsGenericType)
        {
            Array.ForEach(type.GetGenericArguments(), AddType);
        }

        if (IsOwn(type) && type.IsValueType && !type.IsEnum)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            {
                AddType(field.FieldType);
            }
        }
    }

    private void AddMember(Type type, string name)
    {
        AddType(type);
        if (IsOwn(type))
        {
            _members.Add((PathOf(type), SourceName(type, name)));
        }
    }

    /// <summary>The name in the source of a method's or field's name: of accessors, operators, constructors, explicit
    /// implementations and local functions.</summary>
    private static string SourceName(Type type, string name)
    {
        if (name is ".ctor" or ".cctor")
        {
            return type.Name.Split('`')[0];
        }

        if (name[0] == '<')
        {
            return name[1..name.IndexOf('>')];
        }

        var simple = name[(name.LastIndexOf('.') + 1)..];
        return simple switch
        {
            "get_Item" or "set_Item" => "this",
            _ when simple.StartsWith("op_", StringComparison.Ordinal) => "operator",
            _ when simple.StartsWith("get_", StringComparison.Ordinal) => simple[4..],
            _ when simple.StartsWith("set_", StringComparison.Ordinal) => simple[4..],
            _ => simple,
        };
    }
}
