using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using MirrorTools.Agent.State;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Agents;

namespace MirrorTools.Agent.Hosting;

/// <summary>What this process knows of itself.</summary>
/// <param name="settings">What was chosen.</param>
/// <param name="paths">Where things are.</param>
/// <param name="identity">Who it is.</param>
/// <param name="time">The clock.</param>
/// <param name="server">Knows the API's real port.</param>
public sealed class AgentRuntime(AgentSettings settings, StatePaths paths, AgentIdentity identity, TimeProvider time, IServer server)
{
    /// <summary>What was chosen.</summary>
    public AgentSettings Settings { get; } = settings;

    /// <summary>Where things are.</summary>
    public StatePaths Paths { get; } = paths;

    /// <summary>Where sockets are.</summary>
    public string RuntimeDirectory { get; } = Hosting.RuntimeDirectory.Prepare(paths.Directory);

    /// <summary>The agent's id.</summary>
    public Guid AgentId => identity.AgentId;

    /// <summary>What peers pin.</summary>
    public string Fingerprint => identity.Fingerprint;

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>The base address of the control API, once it answers.</summary>
    public string ApiAddress => server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";

    /// <summary>What <c>agent.json</c> holds.</summary>
    public AgentRecord Record() => new()
    {
        AgentId = AgentId.ToString(),
        Name = Settings.Name,
        ApiAddress = ApiAddress,
        ProcessId = Environment.ProcessId,
        Version = ProductVersion.Text,
        StartedAt = WireTime.Write(StartedAt),
    };

    /// <summary>The addresses that pairing codes name: those that were chosen, else those the link listens on, with this machine's name for "any".</summary>
    public IReadOnlyList<string> AdvertisedAddresses(IReadOnlyList<IPEndPoint> listening) => Settings.AdvertisedAddresses.Count > 0
        ? Settings.AdvertisedAddresses
        : [.. listening.Select(point => IPAddress.Any.Equals(point.Address) || IPAddress.IPv6Any.Equals(point.Address)
            ? $"{Dns.GetHostName()}:{point.Port}"
            : point.ToString())];
}
