namespace MirrorTools.Engine.Link.Frames;

/// <summary>What a frame is. The numbers are on the wire and never change their meaning.</summary>
public enum LinkFrameType : byte
{
    /// <summary>First frame of the side that connected: versions, features, who it is.</summary>
    Hello = 1,

    /// <summary>Answer to <see cref="Hello"/>: the version and features in use, the session's id.</summary>
    Welcome = 2,

    /// <summary>Answer to <see cref="Hello"/>: why there is no session.</summary>
    Refuse = 3,

    /// <summary>Asks for a <see cref="Pong"/>; carries the sender's clock.</summary>
    Ping = 4,

    /// <summary>Answer to <see cref="Ping"/>; carries the answerer's clock.</summary>
    Pong = 5,

    /// <summary>Opens a channel for a pair and grants the first credit on it.</summary>
    OpenChannel = 6,

    /// <summary>Accepts or refuses a channel and grants the first credit the other way.</summary>
    OpenReply = 7,

    /// <summary>A message of a copy service on a channel.</summary>
    Message = 8,

    /// <summary>Gives credit on a channel back.</summary>
    Credit = 9,

    /// <summary>The sender sends nothing more on the channel; answered by the same.</summary>
    CloseChannel = 10,

    /// <summary>A request of the control plane.</summary>
    Request = 11,

    /// <summary>The answer to a <see cref="Request"/>.</summary>
    Response = 12,

    /// <summary>The session ends in good order; last frame of its sender.</summary>
    Goodbye = 13,
}
