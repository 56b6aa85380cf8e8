using System.Reflection;
using System.Text;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Writes the public members of an assembly as lines of text, one a member.</summary>
internal static class ApiSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static |
        BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Assembly assembly)
    {
        string name = assembly.GetName().Name!;
        return assembly.GetExportedTypes().SelectMany(Of).Select(line => $"{name}: {line}");
    }

    private static IEnumerable<string> Of(Type type)
    {
        string owner = Name(type);
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : "class";
        string sealing = type.IsValueType || type.IsInterface ? "" : type.IsAbstract && type.IsSealed ? "static " :
            type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        yield return $"{sealing}{kind} {owner}{Constraints(type.GetGenericArguments())}";
        foreach (var parent in Parents(type))
            yield return $"{owner} : {Name(parent)}";
        foreach (var member in type.GetMembers(Declared))
        {
            string? text = member switch
            {
                FieldInfo field when IsOpen(field.IsPublic, field.IsFamily || field.IsFamilyOrAssembly) =>
                    Field(field),
                ConstructorInfo constructor when IsOpen(constructor) => $"new({Parameters(constructor)})",
                MethodInfo method when IsOpen(method) && !IsAccessor(method) => Method(method),
                PropertyInfo property => Property(property),
                EventInfo { AddMethod: { IsPublic: true } } happening =>
                    $"event {Name(happening.EventHandlerType!)} {happening.Name}",
                _ => null,
            };
            if (text != null)
                yield return $"{owner} | {text}";
        }
    }

    private static bool IsOpen(MethodBase method) =>
        IsOpen(method.IsPublic, method.IsFamily || method.IsFamilyOrAssembly) &&
        method is not { IsConstructor: true, IsStatic: true };

    private static bool IsOpen(bool isPublic, bool isProtected) => isPublic || isProtected;

    private static bool IsAccessor(MethodInfo method) =>
        method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    /// <summary>Base classes and interfaces; the package may have further ones in between.</summary>
    private static IEnumerable<Type> Parents(Type type)
    {
        if (type.IsEnum || type.IsValueType)
            return type.IsEnum ? [] : type.GetInterfaces();
        var parents = new List<Type>(type.GetInterfaces());
        for (var parent = type.BaseType; parent != null && parent != typeof(object); parent = parent.BaseType)
            parents.Add(parent);
        return parents;
    }

    private static string Field(FieldInfo field)
    {
        string modifiers = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") +
            (field.IsInitOnly ? "readonly " : "");
        string value = field.IsLiteral
            ? $" = {Convert.ToString(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)}"
            : "";
        return $"{modifiers}{Name(field.FieldType)} {field.Name}{value}";
    }

    private static string Method(MethodInfo method) =>
        $"{Modifiers(method)}{Name(method.ReturnType)} {method.Name}{GenericSuffix(method)}({Parameters(method)})" +
        (method.IsGenericMethodDefinition ? Constraints(method.GetGenericArguments()) : "");

    private static string? Property(PropertyInfo property)
    {
        var get = property.GetMethod is { } getter && IsOpen(getter) ? getter : null;
        var set = property.SetMethod is { } setter && IsOpen(setter) ? setter : null;
        var either = get ?? set;
        if (either == null)
            return null;
        string index = property.GetIndexParameters().Length > 0
            ? $"[{string.Join(", ", property.GetIndexParameters().Select(Parameter))}]"
            : "";
        // A protected setter only serves derived classes, which no user can write.
        string accessors = (get is { IsPublic: true } ? " get;" : "") + (set is { IsPublic: true } ? " set;" : "");
        return $"{Modifiers(either)}{Name(property.PropertyType)} {property.Name}{index} {{{accessors} }}";
    }

    private static string Modifiers(MethodBase method) => method.IsStatic ? "static " : "";

    private static string GenericSuffix(MethodInfo method) =>
        method.IsGenericMethodDefinition
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>"
            : "";

    private static string Parameters(MethodBase method)
    {
        string text = string.Join(", ", method.GetParameters().Select(Parameter));
        bool isExtension = method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute), false);
        return isExtension ? $"this {text}" : text;
    }

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = parameter.IsOut ? "out " : parameter.IsIn ? "in " : "";
        return $"{passing}{Name(parameter.ParameterType)} {parameter.Name}";
    }

    private static string Constraints(Type[] arguments)
    {
        var text = new StringBuilder();
        foreach (var argument in arguments)
        {
            var limits = argument.GetGenericParameterConstraints().Select(Name).Order(StringComparer.Ordinal).ToList();
            if (argument.GetCustomAttributesData().Any(data => data.AttributeType.Name == "IsUnmanagedAttribute"))
                limits.Insert(0, "unmanaged");
            if (limits.Count > 0)
                text.Append($" where {argument.Name} : {string.Join(", ", limits)}");
        }
        return text.ToString();
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return $"ref {Name(type.GetElementType()!)}";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsPointer)
            return $"{Name(type.GetElementType()!)}*";
        if (type.IsGenericParameter)
            return type.Name;
        string scope = type.DeclaringType != null ? Name(type.DeclaringType) : type.Namespace ?? "";
        string own = type.Name.Split('`')[0];
        int inherited = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        var arguments = type.GetGenericArguments().Skip(inherited).Select(Name).ToArray();
        return $"{scope}.{own}{(arguments.Length > 0 ? $"<{string.Join(", ", arguments)}>" : "")}";
    }
}
