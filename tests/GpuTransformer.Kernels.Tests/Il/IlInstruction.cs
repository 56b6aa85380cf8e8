using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;

namespace GpuTransformer.Kernels.Tests;

/// <summary>One instruction; <see cref="Operand"/> is a number, or null where the operand is no single number.</summary>
internal readonly record struct IlInstruction(int Offset, OpCode Code, long? Operand, double? Real)
{
    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    public int Token => (int)Operand!.Value;

    /// <summary>The integer that this instruction pushes, if it pushes a constant one.</summary>
    public long? IntegerConstant
    {
        get
        {
            short value = Code.Value;
            if (value >= OpCodes.Ldc_I4_M1.Value && value <= OpCodes.Ldc_I4_8.Value)
                return value - OpCodes.Ldc_I4_0.Value;
            return Code == OpCodes.Ldc_I4 || Code == OpCodes.Ldc_I4_S || Code == OpCodes.Ldc_I8 ? Operand : null;
        }
    }

    /// <summary>The instructions of a method body in order.</summary>
    public static List<IlInstruction> Decode(byte[] il)
    {
        var instructions = new List<IlInstruction>();
        for (int position = 0; position < il.Length;)
        {
            int offset = position;
            int number = il[position++];
            if (number == 0xFE)
                number = 0xFE00 | il[position++];
            var code = Codes[number];
            instructions.Add(ReadOperand(offset, code, il, ref position));
        }
        return instructions;
    }

    private static IlInstruction ReadOperand(int offset, OpCode code, byte[] il, ref int position)
    {
        var rest = il.AsSpan(position);
        switch (code.OperandType)
        {
            case OperandType.InlineNone:
                return new(offset, code, null, null);
            case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                position += 1;
                return new(offset, code, (sbyte)rest[0], null);
            case OperandType.InlineVar:
                position += 2;
                return new(offset, code, BinaryPrimitives.ReadUInt16LittleEndian(rest), null);
            case OperandType.ShortInlineR:
                position += 4;
                return new(offset, code, null, BinaryPrimitives.ReadSingleLittleEndian(rest));
            case OperandType.InlineR:
                position += 8;
                return new(offset, code, null, BinaryPrimitives.ReadDoubleLittleEndian(rest));
            case OperandType.InlineI8:
                position += 8;
                return new(offset, code, BinaryPrimitives.ReadInt64LittleEndian(rest), null);
            case OperandType.InlineSwitch:
                position += 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(rest));
                return new(offset, code, null, null);
            default:
                position += 4;
                return new(offset, code, BinaryPrimitives.ReadInt32LittleEndian(rest), null);
        }
    }
}
