namespace MirrorTools.Agent.Demo;

/// <summary>The bytes that the demo's large file begins with: different in every sector, so that a misplaced sector shows.</summary>
internal static class DemoContent
{
    public static void WriteFile(string path, long lengthBytes)
    {
        using FileStream file = File.Create(path);
        Write(file, lengthBytes);
    }

    public static void Write(Stream stream, long lengthBytes)
    {
        byte[] block = new byte[1 << 20];
        Random random = new(42);
        for (long done = 0; done < lengthBytes; done += block.Length)
        {
            random.NextBytes(block);
            stream.Write(block, 0, (int)Math.Min(block.Length, lengthBytes - done));
        }
    }
}
