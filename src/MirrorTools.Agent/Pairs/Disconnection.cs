using MirrorTools.Agent.Control.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>Why the two sides of a pair are not connected, as far as this agent knows, and what helps: the link first, then what the other agent says of its side.</summary>
/// <param name="ErrorId">The error behind it; null where there is none, or none is known.</param>
/// <param name="Reason">The same in a sentence.</param>
/// <param name="Remedy">What helps, naming the cmdlet; null where it passes by itself.</param>
internal readonly record struct Disconnection(string? ErrorId, string Reason, string? Remedy)
{
    /// <summary>Looks at the link, and at what the other side said of itself.</summary>
    public static Disconnection Of(MirrorPair pair, IPeerLinks links)
    {
        var isSource = pair.SourceSide is not null;
        var meanwhile = isSource ? "Hosts go on and changes are recorded." : "The last committed point stands.";
        if (pair.PeerAgentId is not { } peer)
        {
            return new(null, $"The other site is not connected. {meanwhile}", null);
        }

        var name = pair.Definition.SourceSite.AgentId == peer ? pair.Definition.SourceSite.AgentName : pair.Definition.TargetSite.AgentName;
        if (!links.IsConnected(peer))
        {
            var why = links.WhyNotConnected(peer) is { } failure ? ErrorTranslation.OfLink(failure) : null;
            return why is null
                ? new(null, $"The agent '{name}' is not connected. {meanwhile}", null)
                : new(why.ErrorId, $"The agent '{name}' is not connected: {why.Message} {meanwhile}", ErrorTable.Find(why.ErrorId).Remedy);
        }

        if (pair.OtherSideError is { } other)
        {
            return new(other.ErrorId, $"{other.Message} {meanwhile}", other.Remedy ?? ErrorTable.Find(other.ErrorId).Remedy);
        }

        return isSource
            ? new(null, $"The agent '{name}' is connected, and the two sides of the pair connect by themselves. {meanwhile}", null)
            : new(null, $"The agent '{name}' is connected, but has not connected its side of the pair. {meanwhile}", $"See Get-MirrorPair at '{name}'.");
    }
}
