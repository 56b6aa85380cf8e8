namespace GpuTransformer.Chat.Jinja;

/// <summary>What stands behind "is" in a template.</summary>
internal static class Tests
{
    public static bool Holds(Frame frame, int line, string name, object? value, Arguments a)
    {
        frame.Budget.Spend();
        return name switch
        {
            "defined" => value is not Undefined,
            "undefined" => value is Undefined,
            "none" => value is null,
            "string" => value is MarkedText,
            "number" => value is long or double or bool,
            "integer" => value is long,
            "float" => value is double,
            "boolean" => value is bool,
            "true" => value is true,
            "false" => value is false,
            "mapping" => value is ValueMap,
            "iterable" or "sequence" => value is MarkedText or ValueList or ValueMap,
            "callable" => value is Function,
            "eq" or "equalto" or "==" => Operators.AreEqual(frame, value, a.Get(0, "other")),
            "ne" or "!=" => !Operators.AreEqual(frame, value, a.Get(0, "other")),
            "lt" or "lessthan" or "<" => Operators.Compare(value, a.Get(0, "other")) < 0,
            "le" or "<=" => Operators.Compare(value, a.Get(0, "other")) <= 0,
            "gt" or "greaterthan" or ">" => Operators.Compare(value, a.Get(0, "other")) > 0,
            "ge" or ">=" => Operators.Compare(value, a.Get(0, "other")) >= 0,
            "in" => Operators.Contains(frame, a.Get(0, "seq"), value),
            "sameas" => value is null or bool ? Equals(value, a.Get(0, "other")) : ReferenceEquals(value, a.Get(0, "other")),
            "odd" => value is long number && (number & 1) == 1,
            "even" => value is long number && (number & 1) == 0,
            "divisibleby" => value is long number && a.Whole(0, "num", 1) is var by and not 0 && number % by == 0,
            "lower" => value is MarkedText text && !text.Text.Any(char.IsUpper),
            "upper" => value is MarkedText text && !text.Text.Any(char.IsLower),
            _ => throw frame.Error(line, $"the test 'is {name}' is not supported"),
        };
    }
}
