using MirrorTools.Engine.Journal;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>Compares blocks with what docs/formats shows.</summary>
internal static class BlockBytes
{
    /// <summary>The given bytes are there ("??" is the checksum, which is checked apart), and all others are zero.</summary>
    public static void Check(byte[] block, params (int Offset, string Hex)[] parts)
    {
        byte[] expected = new byte[block.Length];
        foreach ((int offset, string hex) in parts)
        {
            string digits = hex.Replace(" ", string.Empty, StringComparison.Ordinal);
            for (int index = 0; index < digits.Length; index += 2)
            {
                int at = offset + (index / 2);
                expected[at] = digits[index] == '?' ? block[at] : Convert.ToByte(digits.Substring(index, 2), 16);
            }
        }

        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(block));
        byte[] covered = [.. block[..12], .. block[16..]];
        Assert.Equal(Crc32C.Compute(covered), BitConverter.ToUInt32(block, 12));
    }
}
