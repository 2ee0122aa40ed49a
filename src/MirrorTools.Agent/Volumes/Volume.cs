using MirrorTools.Contracts.Volumes;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Volumes;

/// <summary>A volume of an open pair. One object stands for as long as the pair is open; what changes is read through its functions.</summary>
public sealed class Volume
{
    /// <summary>Its 128-bit id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The pair's name for what hosts see, <c>pair.Role</c> for the storages behind it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is to its pair.</summary>
    public required VolumeRole Role { get; init; }

    /// <summary>The pair's id.</summary>
    public required Guid PairId { get; init; }

    /// <summary>The pair's name.</summary>
    public required string PairName { get; init; }

    /// <summary>Where it is stored; null for a composed image.</summary>
    public string? Path { get; init; }

    /// <summary>Size and sectors.</summary>
    public required BlockGeometry Geometry { get; init; }

    /// <summary>The grain size of the pair.</summary>
    public required int GrainBytes { get; init; }

    /// <summary>What hosts read and write; null for the storages that are the pair's own.</summary>
    public IBlockDevice? Device { get; init; }

    /// <summary>Why hosts can't be given the volume now; null where they can. Cheap, since it is asked before each request.</summary>
    public Func<string?> RefusalReason { get; init; } = () => null;

    /// <summary>True while hosts may only read.</summary>
    public Func<bool> IsReadOnly { get; init; } = () => false;

    /// <summary>Why hosts can't be attached, where the volume can be read; null where they can.</summary>
    public Func<string?> MountRefusal { get; init; } = () => null;

    /// <summary>The pair's maps on this side that hosts may ask for, by the name of their NBD context; each gives a copy of the map.</summary>
    public IReadOnlyDictionary<string, Func<Task<GrainMap>>> Maps { get; init; } = new Dictionary<string, Func<Task<GrainMap>>>();
}
