using System.Text;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Link.Frames;
using Xunit;

namespace MirrorTools.Engine.Tests.Link.Frames;

/// <summary>Golden bytes of every frame type: the same as in docs/formats/link.md.</summary>
public sealed class LinkFrameTests
{
    private static readonly Guid Agent = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid Session = new("f0e0d0c0-b0a0-9080-7060-504030201000");

    private delegate bool Parser<TFrame>(ReadOnlySpan<byte> bytes, out TFrame frame);

    [Fact]
    public void Header()
    {
        var header = new LinkFrameHeader(LinkFrameType.Message, LinkFrameFlags.Compressed, 3, 0x38, 0x1122334455667788, 0xA1B2C3D4);
        byte[] bytes = new byte[LinkFrameHeader.SizeBytes];
        header.Write(bytes);
        Assert.Equal("4D544C4B" + "01" + "08" + "0100" + "03000000" + "38000000" + "8877665544332211" + "D4C3B2A1" + "6C552CFA", Convert.ToHexString(bytes));
        Assert.Equal(LinkHeaderStatus.Valid, LinkFrameHeader.TryRead(bytes, out var read));
        Assert.Equal(header, read);
        Assert.Equal(Crc32C.Compute(bytes.AsSpan(0, 28)), BitConverter.ToUInt32(bytes, 28));
    }

    [Fact]
    public void A_header_with_any_bit_flipped_is_refused()
    {
        byte[] bytes = new byte[LinkFrameHeader.SizeBytes];
        new LinkFrameHeader(LinkFrameType.Ping, LinkFrameFlags.None, 0, 16, 5, 7).Write(bytes);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(LinkHeaderStatus.Valid, LinkFrameHeader.TryRead(bytes, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_header_that_announces_too_much_is_refused()
    {
        byte[] bytes = new byte[LinkFrameHeader.SizeBytes];
        new LinkFrameHeader(LinkFrameType.Message, LinkFrameFlags.None, 1, LinkProtocol.MaxWirePayloadBytes + 1, 0, 0).Write(bytes);
        Assert.Equal(LinkHeaderStatus.TooLong, LinkFrameHeader.TryRead(bytes, out _));
        new LinkFrameHeader(LinkFrameType.Message, LinkFrameFlags.None, 1, -1, 0, 0).Write(bytes);
        Assert.Equal(LinkHeaderStatus.TooLong, LinkFrameHeader.TryRead(bytes, out _));
    }

    [Fact]
    public void Hello() => AssertGolden(
        new HelloFrame(1, 2, LinkFeatures.Compression, Agent, 0x400000, "0.1"),
        "0100" + "0200" + "01000000" + "00112233445566778899AABBCCDDEEFF" + "00004000" + "00000000" + "03" + "302E31",
        (f, b) => f.Write(b), HelloFrame.TryRead);

    [Fact]
    public void Welcome() => AssertGolden(
        new WelcomeFrame(1, LinkFeatures.None, Agent, Session, 0x100000, "0.1"),
        "0100" + "0000" + "00000000" + "00112233445566778899AABBCCDDEEFF" + "F0E0D0C0B0A090807060504030201000" + "00001000" + "03" + "302E31",
        (f, b) => f.Write(b), WelcomeFrame.TryRead);

    [Fact]
    public void Refuse() => AssertGolden(
        new RefuseFrame(RefuseReason.VersionMismatch, 3, 4, "no"), "0100" + "0300" + "0400" + "0200" + "6E6F", (f, b) => f.Write(b), RefuseFrame.TryRead);

    [Fact]
    public void Ping() => AssertGolden(new PingFrame(5, 0x0102030405), "0500000000000000" + "0504030201000000", (f, b) => f.Write(b), PingFrame.TryRead);

    [Fact]
    public void Pong() => AssertGolden(
        new PongFrame(5, 0x0102030405, -1), "0500000000000000" + "0504030201000000" + "FFFFFFFFFFFFFFFF", (f, b) => f.Write(b), PongFrame.TryRead);

    [Fact]
    public void OpenChannel() => AssertGolden(
        new OpenChannelFrame(Agent, 0x1000000, 1024), "00112233445566778899AABBCCDDEEFF" + "00000001" + "00040000",
        (f, b) => f.Write(b), OpenChannelFrame.TryRead);

    [Fact]
    public void OpenReply() => AssertGolden(
        new OpenReplyFrame(true, 0x1000000, 1024), "01000000" + "00000001" + "00040000", (f, b) => f.Write(b), OpenReplyFrame.TryRead);

    [Fact]
    public void Message() => AssertGolden(
        new MessageHead(new PeerMessage(1, 2, 3, 4, 5, 6, Session), 65536),
        "0100" + "0200" + "03000000" + "0400000000000000" + "0500000000000000" + "0600000000000000" + "F0E0D0C0B0A090807060504030201000"
        + "00000100" + "00000000",
        (f, b) => f.Write(b), MessageHead.TryRead);

    [Fact]
    public void Credit() => AssertGolden(new CreditFrame(65536, 2), "00000100" + "02000000", (f, b) => f.Write(b), CreditFrame.TryRead);

    [Fact]
    public void Request()
    {
        var head = new RequestHead(7, 5000, "pair.create");
        byte[] bytes = new byte[64];
        int length = head.Write(bytes);
        Assert.Equal("0700000000000000" + "88130000" + "0B00" + "0000" + Hex("pair.create"), Convert.ToHexString(bytes.AsSpan(0, length)));
        Assert.True(RequestHead.TryRead(bytes, out var read, out int headBytes));
        Assert.Equal((head, length), (read, headBytes));
        AssertEveryCutIsRefused(length, cut => RequestHead.TryRead(bytes.AsSpan(0, cut), out _, out _));
    }

    [Fact]
    public void Response()
    {
        var head = new ResponseHead(7, "PairNotFound");
        byte[] bytes = new byte[64];
        int length = head.Write(bytes);
        Assert.Equal("0700000000000000" + "0C00" + "000000000000" + Hex("PairNotFound"), Convert.ToHexString(bytes.AsSpan(0, length)));
        Assert.True(ResponseHead.TryRead(bytes, out var read, out int headBytes));
        Assert.Equal((head, length), (read, headBytes));
        AssertEveryCutIsRefused(length, cut => ResponseHead.TryRead(bytes.AsSpan(0, cut), out _, out _));
    }

    [Fact]
    public void Text_that_is_no_UTF8_is_refused()
    {
        byte[] bytes = new byte[64];
        int length = new RefuseFrame(RefuseReason.Other, 1, 1, "abc").Write(bytes);
        bytes[length - 1] = 0xFF;
        Assert.False(RefuseFrame.TryRead(bytes.AsSpan(0, length), out _));
    }

    [Theory]
    [InlineData(2, 1, 0x10000)]
    [InlineData(1, 1, 0xFFF)]
    [InlineData(1, 1, 0x400001)]
    public void A_hello_out_of_bounds_is_refused(int oldest, int newest, int maxPayload)
    {
        byte[] bytes = new byte[128];
        int length = new HelloFrame((ushort)oldest, (ushort)newest, LinkFeatures.None, Agent, maxPayload, "x").Write(bytes);
        Assert.False(HelloFrame.TryRead(bytes.AsSpan(0, length), out _));
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private static void AssertGolden<TFrame>(TFrame frame, string hex, Func<TFrame, byte[], int> write, Parser<TFrame> read)
    {
        byte[] bytes = new byte[256];
        int length = write(frame, bytes);
        Assert.Equal(hex, Convert.ToHexString(bytes.AsSpan(0, length)));
        Assert.True(read(bytes.AsSpan(0, length), out var parsed));
        Assert.Equal(frame, parsed);
        AssertEveryCutIsRefused(length, cut => read(bytes.AsSpan(0, cut), out _));
    }

    private static void AssertEveryCutIsRefused(int length, Func<int, bool> read)
    {
        for (int cut = 0; cut < length; cut++)
        {
            Assert.False(read(cut), $"cut to {cut} bytes");
        }
    }
}
