using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Trust;

namespace MirrorTools.Agent.Tests.Rigs;

/// <summary>The link's part of an agent, with a state directory of its own and real sockets on loopback.</summary>
public sealed class LinkAgent : IAsyncDisposable
{
    private readonly TemporaryDirectory? _ownDirectory;

    private LinkAgent(string name, TemporaryDirectory? ownDirectory, string directory, TimeProvider time, Action<LinkHostOptions>? configure)
    {
        _ownDirectory = ownDirectory;
        Directory = directory;
        Identity = AgentIdentity.LoadOrCreate(directory, name, time);
        Store = TrustStore.Open(directory);
        Trust = new TrustService(Identity, Store, time, NullLogger<TrustService>.Instance);
        Options = new LinkHostOptions { SoftwareVersion = "test", ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] };
        configure?.Invoke(Options);
        Host = new LinkHost(Identity, Store, Trust, Options, time, NullLoggerFactory.Instance);
    }

    public string Directory { get; }

    public AgentIdentity Identity { get; }

    public TrustStore Store { get; }

    public TrustService Trust { get; }

    public LinkHostOptions Options { get; }

    public LinkHost Host { get; }

    public string Address => Host.ListenEndPoints[0].ToString();

    public Guid Id => Identity.AgentId;

    public static async Task<LinkAgent> StartAsync(
        string name, TimeProvider? time = null, Action<LinkHostOptions>? configure = null, string? directory = null)
    {
        var own = directory is null ? new TemporaryDirectory() : null;
        var agent = new LinkAgent(name, own, directory ?? own!.Path, time ?? TimeProvider.System, configure);
        await agent.Host.StartAsync(default);
        return agent;
    }

    /// <summary>Pairs with another agent, which made the code.</summary>
    public Task<TrustedPeer> PairAsync(LinkAgent other, bool otherMayConnect = true) =>
        Trust.JoinAsync(other.Trust.CreateCode([other.Address]).Code, otherMayConnect ? [Address] : [], default).InTime("the agents pair");

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().AsTask().InTime("the link's host stops");
        Identity.Dispose();
        _ownDirectory?.Dispose();
    }
}
