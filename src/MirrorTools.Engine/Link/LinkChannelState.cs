namespace MirrorTools.Engine.Link;

/// <summary>Where a channel is in its life.</summary>
internal enum LinkChannelState
{
    /// <summary>Opened here; waits for the peer's reply.</summary>
    Opening,

    /// <summary>Opened here and given up; waits for the peer's reply, to close it properly.</summary>
    Abandoned,

    /// <summary>Opened by the peer; waits for this side's acceptor.</summary>
    Deciding,

    /// <summary>Carries messages.</summary>
    Open,

    /// <summary>Closed here; waits for the peer's close, and drops what still arrives.</summary>
    Closing,

    /// <summary>Waits for nothing any more.</summary>
    Closed,
}
