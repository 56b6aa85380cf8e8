using System.Text;

namespace GpuTransformer.Cli.Demo;

/// <summary>Draws grey pictures in a terminal at half their size: two pixels a character, one above the other.</summary>
internal static class TerminalPicture
{
    private const string Ramp = " .:-=+*#%@";

    /// <summary>Markup of the picture: coloured half blocks, or letters by brightness where there are no colours.</summary>
    public static string Draw(ReadOnlySpan<byte> pixels, int height, int width, bool colours)
    {
        var text = new StringBuilder();
        for (var row = 0; row < height; row += 4)
        {
            for (var column = 0; column < width; column += 2)
            {
                var upper = Mean(pixels, height, width, row, column);
                var lower = Mean(pixels, height, width, row + 2, column);
                if (colours)
                {
                    text.Append($"[rgb({upper},{upper},{upper}) on rgb({lower},{lower},{lower})]▀[/]");
                }
                else
                {
                    text.Append(Ramp[(upper + lower) / 2 * (Ramp.Length - 1) / 255]);
                }
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static int Mean(ReadOnlySpan<byte> pixels, int height, int width, int row, int column)
    {
        var (sum, count) = (0, 0);
        for (var r = row; r < Math.Min(row + 2, height); r++)
        {
            for (var c = column; c < Math.Min(column + 2, width); c++)
            {
                sum += pixels[r * width + c];
                count++;
            }
        }

        return count == 0 ? 0 : sum / count;
    }
}
