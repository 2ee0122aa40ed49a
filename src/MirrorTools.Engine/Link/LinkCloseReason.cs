namespace MirrorTools.Engine.Link;

/// <summary>Why a link session or channel ended. Expected outcomes, so a closed list.</summary>
public enum LinkCloseReason
{
    /// <summary>The byte stream broke.</summary>
    Cut,

    /// <summary>The peer closed the channel or said goodbye.</summary>
    PeerClosed,

    /// <summary>This side closed the channel or session.</summary>
    LocalClosed,

    /// <summary>The peer sent what the protocol does not allow, or more than it was granted.</summary>
    ProtocolViolation,

    /// <summary>A frame's header or payload does not match its checksum.</summary>
    ChecksumMismatch,

    /// <summary>Nothing came from the peer, or nothing could be sent, for longer than the keep-alive deadline.</summary>
    KeepAliveExpired,

    /// <summary>The two agents share no protocol version.</summary>
    VersionMismatch,

    /// <summary>The handshake did not finish before its deadline.</summary>
    HandshakeTimeout,

    /// <summary>The peer says it is another agent than the one that is trusted under its key.</summary>
    WrongPeer,

    /// <summary>The peer refused the session or the channel.</summary>
    Refused,
}
