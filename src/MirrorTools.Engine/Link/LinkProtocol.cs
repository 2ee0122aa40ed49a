using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>The constants of the link's protocol, in one place. docs/formats/link.md shows the frames.</summary>
public static class LinkProtocol
{
    /// <summary>Newest protocol version that this build speaks (N).</summary>
    public const ushort NewestVersion = 1;

    /// <summary>Oldest protocol version that this build speaks (N-1, or N while there is only one).</summary>
    public const ushort OldestVersion = 1;

    /// <summary>What this build has, beside what an option switches on.</summary>
    public const LinkFeatures Features = LinkFeatures.AsyncCopy | LinkFeatures.SpreadGroups;

    /// <summary>Largest data of a message in bytes: the largest grain.</summary>
    public const int MaxPayloadBytes = 4 << 20;

    /// <summary>Smallest value that an end may choose for the largest data of a message.</summary>
    public const int MinPayloadBytes = 4 << 10;

    /// <summary>Largest payload of any frame in bytes.</summary>
    public const int MaxWirePayloadBytes = MaxPayloadBytes + MessageHead.SizeBytes;

    /// <summary>Largest payload of a frame of the handshake in bytes.</summary>
    public const int MaxHandshakePayloadBytes = 1 << 10;

    /// <summary>Largest payload of a request or response in bytes, its head included.</summary>
    public const int MaxRequestPayloadBytes = 1 << 20;

    /// <summary>Longest body of a request or response in bytes.</summary>
    public const int MaxRequestBodyBytes = MaxRequestPayloadBytes - 256;

    /// <summary>Largest payload of every other frame in bytes.</summary>
    public const int MaxControlPayloadBytes = 64;

    /// <summary>Longest software version in bytes of UTF-8.</summary>
    public const int MaxSoftwareVersionBytes = 64;

    /// <summary>Longest method name or error id in bytes of UTF-8.</summary>
    public const int MaxMethodBytes = 128;

    /// <summary>Longest text in a refusal in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 512;

    /// <summary>Frames other than messages that may wait to be sent; a peer that asks for more and does not read is cut.</summary>
    public const int MaxControlFrames = 4096;

    /// <summary>Sends that may wait for credit on one channel.</summary>
    public const int MaxWaitingSends = 16384;

    /// <summary>Messages on a channel's credit at most; keeps a received queue of empty messages bounded.</summary>
    public const int MaxCreditMessages = 65536;

    /// <summary>Bytes on a channel's credit at most.</summary>
    public const int MaxCreditBytes = 256 << 20;
}
