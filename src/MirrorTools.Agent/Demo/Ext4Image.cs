using System.Globalization;
using System.Text.RegularExpressions;

namespace MirrorTools.Agent.Demo;

/// <summary>ext4, made by e2fsprogs from a directory, so that neither root nor a mount is needed.</summary>
internal static partial class Ext4Image
{
    public const string Kind = "ext4";

    private const int BlockBytes = 4096;

    public static async Task<FileSystemImage> CreateAsync(
        string mkfs, string debugfs, string imagePath, long lengthBytes, long dataBytes, CancellationToken cancellationToken)
    {
        string content = imagePath + ".content";
        Directory.CreateDirectory(content);
        try
        {
            await File.WriteAllTextAsync(Path.Combine(content, "readme.txt"), "Made by the demo.\n", cancellationToken);
            DemoContent.WriteFile(Path.Combine(content, "data.bin"), dataBytes);
            using (FileStream image = File.Create(imagePath))
            {
                image.SetLength(lengthBytes);
            }

            await RunAsync(mkfs, ["-q", "-t", "ext4", "-b", "4096", "-E", "lazy_itable_init=0", "-d", content, imagePath], cancellationToken);
        }
        finally
        {
            Directory.Delete(content, recursive: true);
        }

        string extents = await RunAsync(debugfs, ["-R", "dump_extents -l /data.bin", imagePath], cancellationToken);
        List<(long, long)> found = [];
        foreach (Match match in ExtentLine().Matches(extents))
        {
            long first = long.Parse(match.Groups["first"].Value, CultureInfo.InvariantCulture);
            long last = long.Parse(match.Groups["last"].Value, CultureInfo.InvariantCulture);
            found.Add((first * BlockBytes, (last - first + 1) * BlockBytes));
        }

        return found.Count > 0
            ? new FileSystemImage(Kind, found)
            : throw new IOException($"debugfs did not say where the file is: {extents}");
    }

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        (int code, string output) = await ExternalProgram.RunAsync(program, arguments, cancellationToken);
        return code == 0 ? output : throw new IOException($"{program} failed with {code}: {output}");
    }

    // " 0/ 0   1/  2       0 -  32767   34816 -  67583  32768"
    [GeneratedRegex(@"^\s*\d+/\s*\d+\s+\d+/\s*\d+\s+\d+\s*-\s*\d+\s+(?<first>\d+)\s*-\s*(?<last>\d+)\s+\d+", RegexOptions.Multiline)]
    private static partial Regex ExtentLine();
}
