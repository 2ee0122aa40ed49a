using System.Text;

namespace MirrorTools.Agent.Demo;

/// <summary>A grain map as lines of text: one character stands for many grains, darker where more of them are set.</summary>
internal static class GrainMapPicture
{
    private const string Shades = "·░▒▓█";

    /// <summary>Draws a map.</summary>
    /// <param name="bits">The bits, least significant first.</param>
    /// <param name="grains">How many count.</param>
    /// <param name="columns">Characters a line.</param>
    /// <param name="lines">How many lines.</param>
    public static string Draw(byte[] bits, long grains, int columns, int lines)
    {
        StringBuilder picture = new();
        long cells = (long)columns * lines;
        for (long cell = 0; cell < cells; cell++)
        {
            if (cell % columns == 0)
            {
                picture.Append(cell == 0 ? "  │" : "│\n  │");
            }

            long first = cell * grains / cells;
            long end = Math.Max(first + 1, (cell + 1) * grains / cells);
            long set = 0;
            for (long grain = first; grain < end && grain < grains; grain++)
            {
                set += bits[grain >> 3] >> (int)(grain & 7) & 1;
            }

            picture.Append(Shades[set == 0 ? 0 : (int)Math.Max(1, set * (Shades.Length - 1) / (end - first))]);
        }

        return picture.Append('│').ToString();
    }
}
