namespace GpuTransformer.Diagnostics.Roofline;

/// <summary>Finds a place near its point for each label of a plot, so that none covers another or a point: the first free
/// one of a list that goes outward.</summary>
internal sealed class LabelPlaces(double left, double top, double right, double bottom)
{
    private const double CharacterWidth = 7.3;
    private const double Height = 14;
    private const int Directions = 16;
    private static readonly double[] s_distances = [11, 20, 32, 46, 62, 80, 100, 124, 150, 180];
    private readonly List<Box> _taken = [];

    /// <summary>Keeps labels off a place.</summary>
    public void Take(double x, double y, double width, double height) =>
        _taken.Add(new Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2));

    /// <summary>Keeps labels off a line, or off a text along it.</summary>
    public void TakeLine(double x1, double y1, double x2, double y2, double thickness = 2)
    {
        const double Step = 6;
        var count = (int)(Math.Sqrt((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)) / Step);
        for (var i = 0; i <= count; i++)
        {
            var part = count == 0 ? 0 : i / (double)count;
            Take(x1 + part * (x2 - x1), y1 + part * (y2 - y1), thickness, thickness);
        }
    }

    /// <summary>Middle of the label of a point, and whether it is so far that a line must lead to it.</summary>
    public (double X, double Y, bool IsFar) Place(double x, double y, string text)
    {
        var width = WidthOf(text);
        foreach (var distance in s_distances)
        {
            for (var d = 0; d < Directions; d++)
            {
                // To the right first, then above and below in turns, to the left last.
                var turn = (d + 1) / 2 * (d % 2 == 0 ? 1 : -1) * 2 * Math.PI / Directions;
                var (cx, cy) = (x + Math.Cos(turn) * (distance + width / 2), y + Math.Sin(turn) * distance);
                var box = new Box(cx - width / 2, cy - Height / 2, cx + width / 2, cy + Height / 2);
                if (box.X1 >= left && box.X2 <= right && box.Y1 >= top && box.Y2 <= bottom && !_taken.Exists(box.Overlaps))
                {
                    _taken.Add(box);
                    return (cx, cy, distance > s_distances[1]);
                }
            }
        }

        return (x, y - Height, false);
    }

    /// <summary>About how wide a label is.</summary>
    public static double WidthOf(string text) => CharacterWidth * text.Length + 4;

    private readonly record struct Box(double X1, double Y1, double X2, double Y2)
    {
        public bool Overlaps(Box other) => X1 < other.X2 && other.X1 < X2 && Y1 < other.Y2 && other.Y1 < Y2;
    }
}
