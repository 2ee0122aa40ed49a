using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Says whether site 1 may send to the side that greeted: generation, role, copy service and geometry (F-23). Where that side has gone on by itself, hosts and mirroring stop here.</summary>
internal sealed class PeerAdmission(SourceCore core, SourceVolume volume, Action<SuspendReason, FaultText> fault)
{
    /// <summary>What hosts of an old generation are told.</summary>
    public const string OldGenerationRefusal = "The other site was recovered and holds a newer generation of this pair; hosts are served there. "
        + "Resume-MirrorPair -DiscardChangesOn AGENT turns this side into its copy.";

    /// <summary>True where the other side was heard to hold an older generation.</summary>
    public bool IsPeerOlder { get; private set; }

    /// <summary>True where grains may travel to it.</summary>
    public bool Admits(PeerGreeting peer)
    {
        GenerationRelation relation = core.Journal.Record.Generations.Compare(peer.Record.Generations);
        if (relation is GenerationRelation.Older or GenerationRelation.Diverged)
        {
            StopHere(peer, relation);
            return false;
        }

        IsPeerOlder = relation == GenerationRelation.Newer;
        if (peer.Record.Role == PairRole.Source || IsPeerOlder)
        {
            // The other side has to become the target first: Resume-MirrorPair -DiscardChangesOn names it.
            return false;
        }

        if (peer.Service is { } service && service != core.Kind)
        {
            fault(SuspendReason.ServiceMismatch, $"The target's side is one of {service}, and the source's of {core.Kind}.");
            return false;
        }

        if (peer.LengthBytes < core.Geometry.LengthBytes || peer.GrainBytes != core.Geometry.GrainBytes)
        {
            fault(SuspendReason.GeometryMismatch,
                $"The target holds {peer.LengthBytes} bytes in grains of {peer.GrainBytes}; the source {core.Geometry.LengthBytes} in grains of {core.Geometry.GrainBytes}.");
            return false;
        }

        return true;
    }

    private void StopHere(PeerGreeting peer, GenerationRelation relation)
    {
        SuspendReason reason = relation == GenerationRelation.Older ? SuspendReason.OldGeneration : SuspendReason.SplitBrain;
        if (core.Journal.Record.Suspended != reason)
        {
            // Said once: the peer greets again with every session.
            core.Events.Report(relation == GenerationRelation.Diverged ? PairEventId.SplitBrain : PairEventId.Superseded,
                ("local", core.Journal.Record.Generations.Current.Id), ("remote", peer.Record.Generations.Current.Id), ("generation", peer.Record.Generations.Current.Id));
        }

        if (relation == GenerationRelation.Older)
        {
            // The other side was recovered: a host that goes on here would write what nobody will keep (P-6).
            volume.Refusal = OldGenerationRefusal;
        }

        fault(reason, $"The other side's generation is {peer.Record.Generations.Current.Id:N}.");
    }
}
