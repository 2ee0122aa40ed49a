using MirrorTools.Agent.Groups;
using MirrorTools.Agent.Schedules;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using CollisionPolicy = MirrorTools.Contracts.Pairs.CollisionPolicy;

namespace MirrorTools.Agent.Pairs;

/// <summary>
/// What a pair is, the same on both agents. Kept in the index of the state directory, and in the metadata of each side so that the index can be rebuilt.
/// </summary>
public sealed record PairDefinition
{
    /// <summary>The pair's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its copy service.</summary>
    public CopyService Service { get; init; } = CopyService.Flashcopy;

    /// <summary>When it was made (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The id of the volume that hosts see, at whichever site.</summary>
    public required Guid VolumeId { get; init; }

    /// <summary>Site 1.</summary>
    public required SiteDefinition SourceSite { get; init; }

    /// <summary>Site 2.</summary>
    public required SiteDefinition TargetSite { get; init; }

    /// <summary>The source's size.</summary>
    public required long LengthBytes { get; init; }

    /// <summary>The logical sector: 512 or 4096.</summary>
    public required int SectorBytes { get; init; }

    /// <summary>The grain size.</summary>
    public required int GrainBytes { get; init; }

    /// <summary>What a host write to an uncopied grain does first.</summary>
    public WritePolicy WritePolicy { get; init; } = WritePolicy.CopyOnWriteLocal;

    /// <summary>AsyncCopy: what a host write to a grain does that is still to be sent.</summary>
    public CollisionPolicy CollisionPolicy { get; init; } = CollisionPolicy.NewImage;

    /// <summary>After how long a policy that waits acts as <see cref="WritePolicy.CopyOnWriteLocal"/>; with AsyncCopy, gives the increment up.</summary>
    public long WriteDeadlineMs { get; init; } = 2_000;

    /// <summary>How long writes stay held for a point of a group over several agents; null for the usual time.</summary>
    public long? RunTimerMs { get; init; }

    /// <summary>AsyncCopy: how long an increment may take; null for the usual time.</summary>
    public long? MaximumIncrementMs { get; init; }

    /// <summary>How many committed points are kept.</summary>
    public int RetainPoints { get; init; } = 1;

    /// <summary>When cycles begin.</summary>
    public PairSchedule Schedule { get; init; } = PairSchedule.Manual;

    /// <summary>The consistency group it is in; null where it stands alone.</summary>
    public GroupMembership? Group { get; init; }

    /// <summary>Size and grains.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public GrainGeometry Geometry => new(LengthBytes, GrainBytes);

    /// <summary>How long B and C have to be; with AsyncCopy the areas of preserved grains, which hold a table beside the grains.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long IntermediateBytes => IsAsyncCopy ? AsyncCopyArea.RequiredLengthBytes(Geometry) : LengthBytes;

    /// <summary>The run timer in force.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeSpan RunTimer => TimeSpan.FromMilliseconds(RunTimerMs ?? PairSettings.UsualRunTimerMs);

    /// <summary>The maximum increment timer in force.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeSpan MaximumIncrement => TimeSpan.FromMilliseconds(MaximumIncrementMs ?? PairSettings.UsualMaximumIncrementMs);

    /// <summary>True where the pair's copy service is asynchronous copy.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsAsyncCopy => Service == CopyService.AsyncCopy;

    /// <summary>What each side's metadata belong to; they name the pair's copy service.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public MetadataIdentity Identity =>
        MetadataIdentity.For(Id, VolumeId, Geometry, IsAsyncCopy ? Engine.Pairs.CopyService.AsyncCopy : Engine.Pairs.CopyService.Flashcopy);
}
