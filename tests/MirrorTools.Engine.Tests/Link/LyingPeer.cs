using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>Writes frames that a peer might send, right up to the lie.</summary>
internal sealed class LyingPeer
{
    private readonly MemoryStream _stream = new();
    private readonly List<int> _ends = [];
    private ulong _sequence;

    public LyingPeer()
    {
        byte[] hello = new byte[256];
        int length = new HelloFrame(1, 1, LinkFeatures.Compression, LinkRig.AgentA, LinkProtocol.MaxPayloadBytes, "liar").Write(hello);
        Frame(LinkFrameType.Hello, 0, hello[..length]);
    }

    public byte[] Bytes => _stream.ToArray();

    public void Open(uint channel = 1)
    {
        byte[] payload = new byte[OpenChannelFrame.SizeBytes];
        new OpenChannelFrame(LinkRig.Pair, 16 << 20, 1024).Write(payload);
        Frame(LinkFrameType.OpenChannel, channel, payload);
    }

    public void Message(uint channel, byte[] data, int? claimedBytes = null, LinkFrameFlags flags = LinkFrameFlags.None)
    {
        byte[] payload = new byte[MessageHead.SizeBytes + data.Length];
        new MessageHead(default, claimedBytes ?? data.Length).Write(payload);
        data.CopyTo(payload, MessageHead.SizeBytes);
        Frame(LinkFrameType.Message, channel, payload, flags);
    }

    public void SkipSequence()
    {
        _sequence++;
        Frame(LinkFrameType.Ping, 0, new byte[16]);
    }

    public void Frame(LinkFrameType type, uint channel, byte[] payload, LinkFrameFlags flags = LinkFrameFlags.None)
    {
        byte[] header = new byte[LinkFrameHeader.SizeBytes];
        new LinkFrameHeader(type, flags, channel, payload.Length, _sequence++, Crc32C.Compute(payload)).Write(header);
        _stream.Write(header);
        _stream.Write(payload);
        _ends.Add((int)_stream.Length);
    }

    public IEnumerable<byte[]> FramesAfter(int start)
    {
        byte[] bytes = Bytes;
        foreach (int end in _ends.Where(end => end > start))
        {
            yield return bytes[start..end];
            start = end;
        }
    }
}
