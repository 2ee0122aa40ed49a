namespace MirrorTools.Engine.Link.Frames;

/// <summary>Why a hello was refused. The numbers are on the wire.</summary>
public enum RefuseReason : ushort
{
    /// <summary>No common protocol version.</summary>
    VersionMismatch = 1,

    /// <summary>The agent id does not belong to the key.</summary>
    WrongPeer = 2,

    /// <summary>Any other reason; the text says it.</summary>
    Other = 3,
}
