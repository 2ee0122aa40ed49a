using MirrorTools.Engine.Journal;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class Crc32CTests
{
    [Fact]
    public void The_vectors_of_RFC_3720_come_out()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(value => (byte)value).ToArray()));
    }

    [Fact]
    public void Parts_of_any_length_add_up_to_the_whole()
    {
        byte[] bytes = new byte[1000];
        new Random(1).NextBytes(bytes);
        for (int cut = 0; cut <= bytes.Length; cut += 7)
        {
            uint state = Crc32C.Append(Crc32C.Append(Crc32C.Initial, bytes.AsSpan(0, cut)), bytes.AsSpan(cut));
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.Finish(state));
        }
    }
}
