using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Protocols.Tests.Nbd.Wire;

/// <summary>The bytes of each structure, written down from the protocol's text.</summary>
public sealed class NbdWireTests
{
    private delegate bool Reader<T>(ReadOnlySpan<byte> source, out T value);

    private delegate void Writer(Span<byte> destination);

    [Fact]
    public void Greeting_is_18_bytes() =>
        Check("4e42444d41474943 49484156454f5054 0003", new NbdGreeting(3), value => value.Write, NbdGreeting.TryRead, magicBytes: 16);

    [Fact]
    public void Option_header_is_16_bytes() =>
        Check("49484156454f5054 00000007 0000000a", new NbdOptionHeader(7, 10), value => value.Write, NbdOptionHeader.TryRead, magicBytes: 8);

    [Fact]
    public void Option_reply_header_is_20_bytes() => Check(
        "0003e889045565a9 00000006 80000006 00000005",
        new NbdOptionReplyHeader(6, NbdProtocol.RepErrUnknown, 5), value => value.Write, NbdOptionReplyHeader.TryRead, magicBytes: 8);

    [Fact]
    public void Export_info_is_10_bytes() =>
        Check("0000000040000000 01ed", new NbdExportInfo(1 << 30, 0x1ed), value => value.Write, NbdExportInfo.TryRead);

    [Fact]
    public void Block_size_info_is_12_bytes() =>
        Check("00000200 00001000 02000000", new NbdBlockSizeInfo(512, 4096, 32 << 20), value => value.Write, NbdBlockSizeInfo.TryRead);

    [Fact]
    public void Request_is_28_bytes() => Check(
        "25609513 0001 0001 1122334455667788 0000000123456000 00001000",
        new NbdRequestHeader(NbdProtocol.CommandFua, NbdCommand.Write, 0x1122334455667788, 0x123456000, 4096),
        value => value.Write, NbdRequestHeader.TryRead, magicBytes: 4);

    [Fact]
    public void Simple_reply_is_16_bytes() => Check(
        "67446698 0000001c 1122334455667788",
        new NbdSimpleReplyHeader(NbdError.NoSpace, 0x1122334455667788), value => value.Write, NbdSimpleReplyHeader.TryRead, magicBytes: 4);

    [Fact]
    public void Chunk_header_is_20_bytes() => Check(
        "668e33ef 0001 8001 1122334455667788 0000000b",
        new NbdChunkHeader(NbdProtocol.ChunkDone, NbdProtocol.ChunkError, 0x1122334455667788, 11),
        value => value.Write, NbdChunkHeader.TryRead, magicBytes: 4);

    [Fact]
    public void Hole_chunk_is_12_bytes() =>
        Check("0000000123456000 00010000", new NbdHoleChunk(0x123456000, 65536), value => value.Write, NbdHoleChunk.TryRead);

    [Fact]
    public void Error_chunk_is_6_bytes_and_a_message() =>
        Check("0000006c 0005", new NbdErrorChunk(NbdError.ShuttingDown, 5), value => value.Write, NbdErrorChunk.TryRead);

    [Fact]
    public void Status_descriptor_is_8_bytes() =>
        Check("00010000 00000003", new NbdStatusDescriptor(65536, 3), value => value.Write, NbdStatusDescriptor.TryRead);

    private static void Check<T>(string golden, T value, Func<T, Writer> writer, Reader<T> reader, int magicBytes = 0)
        where T : IEquatable<T>
    {
        byte[] expected = Convert.FromHexString(golden.Replace(" ", "", StringComparison.Ordinal));
        byte[] written = new byte[expected.Length];
        writer(value)(written);
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(written));

        Assert.True(reader(expected, out T read));
        Assert.Equal(value, read);
        Assert.False(reader(expected.AsSpan(0, expected.Length - 1), out _));
        for (int index = 0; index < magicBytes; index++)
        {
            byte[] spoilt = [.. expected];
            spoilt[index] ^= 0x20;
            Assert.False(reader(spoilt, out _));
        }
    }
}
