using System.Net;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Agent.Link;

/// <summary>What the agent's link listens on, and what it does with what peers ask.</summary>
public sealed class LinkHostOptions
{
    /// <summary>Where to listen; port 0 takes a free one. Empty: this agent only connects.</summary>
    public IReadOnlyList<IPEndPoint> ListenEndPoints { get; set; } = [];

    /// <summary>This agent's software version, for peers to show.</summary>
    public string SoftwareVersion { get; set; } = "0.0.0";

    /// <summary>Compress payloads where both agents say so and it saves.</summary>
    public bool Compression { get; set; }

    /// <summary>What this agent has beside compression, for peers to know before they ask.</summary>
    public LinkFeatures Features { get; set; } = LinkProtocol.Features;

    /// <summary>Time between two pings of a session.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A session is cut when nothing arrived, or one send stood still, for this long.</summary>
    public TimeSpan KeepAliveDeadline { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Source of the jitter between attempts to connect.</summary>
    public Random Random { get; set; } = new();

    /// <summary>Handlers of peers' requests by method name; complete before the host starts.</summary>
    public Dictionary<string, LinkRequestHandler> RequestHandlers { get; } = [];

    /// <summary>Called with the peer's agent id, the pair and the channel when a peer opens one; true accepts it.</summary>
    public Func<Guid, Guid, IPeerChannel, ValueTask<bool>>? AcceptChannel { get; set; }
}
