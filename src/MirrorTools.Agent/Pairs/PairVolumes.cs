using System.Security.Cryptography;
using MirrorTools.Agent.Volumes;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Volumes;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Pairs;

/// <summary>The volumes of a pair's open sides.</summary>
internal static class PairVolumes
{
    /// <summary>The ids of all volumes that a pair may have.</summary>
    public static IEnumerable<Guid> IdsOf(PairDefinition definition) => Enum.GetValues<VolumeRole>().Select(role => IdOf(definition, role)).Append(definition.VolumeId);

    /// <summary>The names of all volumes that a pair may have.</summary>
    public static IEnumerable<string> NamesOf(PairDefinition definition) =>
        Enum.GetValues<VolumeRole>().Select(role => $"{definition.Name}.{role}").Append(definition.Name);

    /// <summary>The volumes of the sides that are open here.</summary>
    public static IEnumerable<Volume> Of(MirrorPair pair) => pair.Sides.SelectMany(side => Of(pair, side));

    private static IEnumerable<Volume> Of(MirrorPair pair, PairSide side)
    {
        var definition = pair.Definition;
        var isBoth = pair.LocalSites.Count == 2;
        if (!side.IsSiteTwo)
        {
            yield return side.Source is { } source
                ? Hosted(definition, VolumeRole.Source, side.Site.Volume, source, definition.Name, definition.VolumeId)
                : Stored(definition, VolumeRole.Source, side.Site.Volume);
            yield return Stored(definition, VolumeRole.FirstIntermediate, side.Site.Intermediate);
            if (side.Target is { } formerSource)
            {
                yield return Image(definition, formerSource, side.History, definition.Name, definition.VolumeId);
            }

            yield break;
        }

        var (name, id) = isBoth
            ? ($"{definition.Name}.{VolumeRole.CommittedImage}", IdOf(definition, VolumeRole.CommittedImage))
            : (definition.Name, definition.VolumeId);
        if (side.Source is { } recovered)
        {
            yield return Hosted(definition, VolumeRole.CommittedImage, null, recovered, name, id);
        }
        else if (side.Target is { } target)
        {
            yield return Image(definition, target, side.History, name, id);
        }

        yield return Stored(definition, VolumeRole.SecondIntermediate, side.Site.Intermediate);
        yield return Stored(definition, VolumeRole.Target, side.Site.Volume);
    }

    private static Volume Hosted(PairDefinition definition, VolumeRole role, string? path, MirrorSource source, string name, Guid id) => new()
    {
        Id = id,
        Name = name,
        Role = role,
        PairId = definition.Id,
        PairName = definition.Name,
        Path = path,
        Geometry = new BlockGeometry(definition.LengthBytes, definition.SectorBytes, Math.Max(4096, definition.SectorBytes)),
        GrainBytes = definition.GrainBytes,
        Device = source.Volume,
        RefusalReason = () => source.Volume.Refusal,
        Maps = definition.IsAsyncCopy
            ? new Dictionary<string, Func<Task<GrainMap>>>
            {
                [NbdMetaContexts.OutOfSync] = () => source.SnapshotAsync(SourceMapKind.OutOfSync),
                [NbdMetaContexts.ChangeRecording] = () => source.SnapshotAsync(SourceMapKind.ChangeRecording),
            }
            : new Dictionary<string, Func<Task<GrainMap>>>
            {
                [NbdMetaContexts.Copied] = () => source.SnapshotAsync(SourceMapKind.Copied),
                [NbdMetaContexts.Future] = () => source.SnapshotAsync(SourceMapKind.Future),
            },
    };

    private static Volume Image(PairDefinition definition, MirrorTarget target, CycleHistory history, string name, Guid id) => new()
    {
        Id = id,
        Name = name,
        Role = VolumeRole.CommittedImage,
        PairId = definition.Id,
        PairName = definition.Name,
        Geometry = new BlockGeometry(definition.LengthBytes, definition.SectorBytes, Math.Max(4096, definition.SectorBytes)),
        GrainBytes = definition.GrainBytes,
        Device = target.Image,
        IsReadOnly = () => true,
        RefusalReason = () => !history.HasCommitted ? "nothing was committed yet."
            : target.IsDistrusted ? "a storage was written while the pair was closed, and no point was committed since." : null,
        MountRefusal = () => "it is the copy of a pair that mirrors; Invoke-MirrorRecovery gives it to hosts.",
        Maps = definition.IsAsyncCopy
            ? new Dictionary<string, Func<Task<GrainMap>>>()
            : new Dictionary<string, Func<Task<GrainMap>>>
            {
                [NbdMetaContexts.Copied] = () => target.SnapshotAsync(TargetMapKind.Copied),
                [NbdMetaContexts.Future] = () => target.SnapshotAsync(TargetMapKind.Future),
            },
    };

    private static Volume Stored(PairDefinition definition, VolumeRole role, string path) => new()
    {
        Id = IdOf(definition, role),
        Name = $"{definition.Name}.{role}",
        Role = role,
        PairId = definition.Id,
        PairName = definition.Name,
        Path = path,
        Geometry = new BlockGeometry(
            role is VolumeRole.FirstIntermediate or VolumeRole.SecondIntermediate ? definition.IntermediateBytes : definition.LengthBytes,
            definition.SectorBytes, Math.Max(4096, definition.SectorBytes)),
        GrainBytes = definition.GrainBytes,
        IsReadOnly = () => true,
    };

    // Stable over restarts without being kept: derived from the pair and the role.
    private static Guid IdOf(PairDefinition definition, VolumeRole role)
    {
        Span<byte> bytes = stackalloc byte[17];
        definition.Id.TryWriteBytes(bytes);
        bytes[16] = (byte)role;
        return new Guid(SHA256.HashData(bytes).AsSpan(0, 16));
    }
}
