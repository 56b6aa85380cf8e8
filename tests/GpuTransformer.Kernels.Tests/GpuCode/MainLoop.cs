using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuTransformer.Kernels.Tests;

/// <summary>The loop of a kernel's machine code in which it does its work.</summary>
/// <param name="Instructions">Instructions of one pass; 0: the kernel has no loop.</param>
/// <param name="Products">Those that multiply and add floats (FFMA), or matrices of them (HMMA).</param>
/// <param name="Divisions">Integer divisions: each is a conversion to float, a reciprocal and corrections.</param>
/// <param name="GenericAccesses">Loads and stores that do not say which memory they mean.</param>
internal readonly partial record struct MainLoop(int Instructions, int Products, int Divisions, int GenericAccesses)
{
    public int ProductPercent => Instructions == 0 ? 0 : (200 * Products + Instructions) / (2 * Instructions);

    private readonly record struct Instruction(int Address, string Code, string Operands);

    /// <summary>Of the loops that hold no other loop, the one with most products; where none multiplies, the one with most
    /// memory accesses. A loop around it only starts and ends it.</summary>
    public static MainLoop Of(string sass)
    {
        var all = Line().Matches(sass)
            .Select(m => new Instruction(Hex(m.Groups[1].Value), m.Groups[2].Value, m.Groups[3].Value))
            .ToList();
        var loops = all.Where(i => i.Code.StartsWith("BRA", StringComparison.Ordinal) && Target(i) is { } to && to < i.Address)
            .GroupBy(i => Target(i)!.Value, (from, ends) => (From: from, To: ends.Max(end => end.Address)))
            .Select(loop => all.Where(i => i.Address >= loop.From && i.Address <= loop.To).ToList())
            .ToList();
        if (loops.Count == 0)
        {
            return new(0, 0, 0, all.Count(IsGeneric));
        }

        var main = loops.Where(loop => !loops.Any(other => other.Count < loop.Count && IsInside(other, loop)))
            .OrderByDescending(loop => loop.Count(IsProduct)).ThenByDescending(loop => loop.Count(IsAccess)).ThenBy(loop => loop[0].Address)
            .First();
        return new(main.Count, main.Count(IsProduct), main.Count(IsDivision), all.Count(IsGeneric));
    }

    private static bool IsProduct(Instruction i) => Starts(i, "FFMA") || Starts(i, "HMMA");

    private static bool IsInside(List<Instruction> inner, List<Instruction> outer) =>
        inner[0].Address >= outer[0].Address && inner[^1].Address <= outer[^1].Address;

    private static bool IsAccess(Instruction i) => Starts(i, "LDG") || Starts(i, "STG") || Starts(i, "LDS") || Starts(i, "STS");

    private static bool IsGeneric(Instruction i) => Starts(i, "LD.") || Starts(i, "ST.");

    /// <summary>Only division of integers rounds towards plus infinity on the way to float.</summary>
    private static bool IsDivision(Instruction i) => Starts(i, "I2F") && i.Code.EndsWith(".RP", StringComparison.Ordinal);

    private static bool Starts(Instruction i, string code) => i.Code.StartsWith(code, StringComparison.Ordinal);

    private static int? Target(Instruction branch) =>
        Address().Match(branch.Operands) is { Success: true } match ? Hex(match.Groups[1].Value) : null;

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s+/\*([0-9a-f]{4,6})\*/\s+(?:@!?U?P\w+\s+)?([A-Z0-9_.]+)([^;]*);", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex("0x([0-9a-f]+)")]
    private static partial Regex Address();
}
