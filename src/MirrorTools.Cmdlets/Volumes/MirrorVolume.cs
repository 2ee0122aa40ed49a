using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>A volume on an agent.</summary>
public sealed class MirrorVolume
{
    internal MirrorVolume(VolumeInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Name = info.Name;
        Id = info.Id;
        Role = info.Role;
        Pair = info.Pair;
        PairId = info.PairId;
        Path = info.Path;
        Size = info.SizeBytes;
        SectorSize = info.SectorSizeBytes;
        GrainSize = info.GrainSizeBytes;
        Allocated = info.AllocatedBytes;
        Mountable = info.Mountable;
        ReadOnly = info.ReadOnly;
        Attachments = info.Attachments.Select(item => new MirrorAttachment(item, info.Name, agent)).ToArray();
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its 128-bit id.</summary>
    public string Id { get; }

    /// <summary><c>Source</c>, <c>FirstIntermediate</c>, <c>SecondIntermediate</c>, <c>Target</c> or <c>CommittedImage</c>.</summary>
    public string Role { get; }

    /// <summary>The pair's name.</summary>
    public string Pair { get; }

    /// <summary>The pair's id.</summary>
    public string PairId { get; }

    /// <summary>Where it is stored; nothing for a composed image.</summary>
    public string? Path { get; }

    /// <summary>Its size in bytes.</summary>
    public long Size { get; }

    /// <summary>512 or 4096 bytes.</summary>
    public int SectorSize { get; }

    /// <summary>The grain size of the pair in bytes.</summary>
    public long GrainSize { get; }

    /// <summary>What it takes on its file system in bytes.</summary>
    public long? Allocated { get; }

    /// <summary>True if hosts may be given it now.</summary>
    public bool Mountable { get; }

    /// <summary>True if it cannot be written now.</summary>
    public bool ReadOnly { get; }

    /// <summary>How hosts reach it.</summary>
    public MirrorAttachment[] Attachments { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
