using System.Reflection;
using System.Reflection.Emit;
using ILGPU.Frontend;

namespace GpuTransformer.Kernels.Tests;

/// <summary>Something in a kernel or in what it calls that ILGPU refuses or compiles wrongly.</summary>
internal sealed record IlFinding(MethodBase Method, int Offset, string What)
{
    public override string ToString() => $"{Method.DeclaringType}.{Method.Name} IL_{Offset:x4}: {What}";
}

/// <summary>
/// Walks the IL of a kernel and of everything it calls, up to the methods of .NET and ILGPU, which have lists of
/// their own (<see cref="CalleeRules"/>). Division by a power of two is seen where the divisor is pushed right
/// before it: a constant, a read-only field or a property that returns a constant.
/// </summary>
internal sealed class IlWalker
{
    private readonly HashSet<MethodBase> _walked = [];
    private readonly List<MethodBase> _path = [];
    private readonly List<IlFinding> _findings = [];

    /// <summary>Every finding in one kernel.</summary>
    public static IReadOnlyList<IlFinding> Walk(MethodInfo kernel)
    {
        var walker = new IlWalker();
        foreach (var parameter in kernel.GetParameters())
        {
            if (TypeRules.Fault(parameter.ParameterType, isParameter: true) is { } fault)
                walker.Report(kernel, 0, $"parameter {parameter.Name}: {fault}");
        }
        walker.Visit(kernel);
        return walker._findings;
    }

    private void Report(MethodBase method, int offset, string what) => _findings.Add(new(method, offset, what));

    private void Visit(MethodBase method)
    {
        if (_path.Contains(method))
        {
            Report(method, 0, "calls itself");
            return;
        }
        if (!_walked.Add(method))
            return;
        _path.Add(method);
        var code = new IlMethod(method);
        if (code.Body == null)
            Report(method, 0, "has no body");
        else
            VisitBody(code, code.Body);
        _path.RemoveAt(_path.Count - 1);
    }

    private void VisitBody(IlMethod code, MethodBody body)
    {
        if (body.ExceptionHandlingClauses.Count > 0)
            Report(code.Method, body.ExceptionHandlingClauses[0].TryOffset, "has an exception handler");
        foreach (var local in body.LocalVariables)
        {
            if (TypeRules.Fault(local.LocalType, isParameter: false) is { } fault)
                Report(code.Method, 0, $"local {local.LocalIndex}: {fault}");
        }
        for (int i = 0; i < code.Instructions.Count; i++)
        {
            var instruction = code.Instructions[i];
            if (InstructionRules.Fault(code, i) is { } fault)
                Report(code.Method, instruction.Offset, fault);
            if (instruction.Code == OpCodes.Call || instruction.Code == OpCodes.Callvirt ||
                instruction.Code == OpCodes.Newobj)
            {
                VisitCall(code, i);
            }
        }
    }

    private void VisitCall(IlMethod code, int index)
    {
        var instruction = code.Instructions[index];
        var target = code.ResolveCall(index);
        if (target.IsDefined(typeof(ExternalAttribute)))
            Report(code.Method, instruction.Offset, $"calls {target.Name}, which only a CPU has");
        else if (CalleeRules.IsForeign(target))
        {
            if (CalleeRules.Fault(target) is { } fault)
                Report(code.Method, instruction.Offset, fault);
        }
        else if (!target.IsAbstract && !(instruction.Code == OpCodes.Newobj && !target.DeclaringType!.IsValueType))
        {
            Visit(target);
        }
    }
}
