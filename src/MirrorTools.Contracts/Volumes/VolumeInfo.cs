using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Volumes;

/// <summary>A volume on the agent.</summary>
[DataContract]
public sealed class VolumeInfo
{
    /// <summary>Its 128-bit id, as a GUID.</summary>
    [DataMember(Name = "id")]
    public string Id { get => field ?? ""; set; }

    /// <summary>Its name: the pair's for what hosts see, <c>pair.Role</c> for the storages behind it.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>A name of <see cref="VolumeRole"/>.</summary>
    [DataMember(Name = "role")]
    public string Role { get => field ?? ""; set; }

    /// <summary>The pair's name.</summary>
    [DataMember(Name = "pair")]
    public string Pair { get => field ?? ""; set; }

    /// <summary>The pair's id.</summary>
    [DataMember(Name = "pairId")]
    public string PairId { get => field ?? ""; set; }

    /// <summary>Where it is stored; absent for a composed image.</summary>
    [DataMember(Name = "path", EmitDefaultValue = false)]
    public string? Path { get; set; }

    /// <summary>Its size.</summary>
    [DataMember(Name = "sizeBytes")]
    public long SizeBytes { get; set; }

    /// <summary>512 or 4096.</summary>
    [DataMember(Name = "sectorSizeBytes")]
    public int SectorSizeBytes { get; set; }

    /// <summary>The grain size of the pair.</summary>
    [DataMember(Name = "grainSizeBytes")]
    public long GrainSizeBytes { get; set; }

    /// <summary>What it takes on its file system.</summary>
    [DataMember(Name = "allocatedBytes", EmitDefaultValue = false)]
    public long? AllocatedBytes { get; set; }

    /// <summary>True if hosts may be given it now.</summary>
    [DataMember(Name = "mountable")]
    public bool Mountable { get; set; }

    /// <summary>True if it cannot be written now.</summary>
    [DataMember(Name = "readOnly")]
    public bool ReadOnly { get; set; }

    /// <summary>How hosts reach it.</summary>
    [DataMember(Name = "attachments")]
    public List<AttachmentInfo> Attachments { get => field ??= []; set; }
}
