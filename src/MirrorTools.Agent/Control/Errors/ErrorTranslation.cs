using MirrorTools.Agent.Storage;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Control.Errors;

/// <summary>Finds the documented id for the exceptions of the layers below.</summary>
internal static class ErrorTranslation
{
    /// <summary>The exception as one with an id; an unforeseen one becomes <see cref="ErrorIds.InternalError"/>.</summary>
    public static ControlException Translate(Exception error) => error switch
    {
        ControlException known => known,
        StorageOpenException open => new ControlException(IdOf(open.Fault), open.Message, open.Path, open),
        BlockDeviceException device => new ControlException(IdOf(device.Fault), device.Message, null, device),
        PairException pair => new ControlException(IdOf(pair.Error), pair.Message, null, pair),
        TrustException trust => new ControlException(IdOf(trust.ErrorId), trust.Message, null, trust),
        LinkRequestException refused => FromPeer(refused),
        LinkClosedException { IsTransient: false } barred => OfLink(barred),
        LinkClosedException closed => new ControlException(
            ErrorIds.PeerUnreachable, $"The link to the other agent ended before it answered: {closed.Message}", null, closed),
        MetadataVersionException version => new ControlException(ErrorIds.PeerVersionNotSupported, version.Message, null, version),
        MetadataCorruptException corrupt => new ControlException(ErrorIds.MetadataCorrupt, corrupt.Message, null, corrupt),
        BadHttpRequestException bad => new ControlException(
            bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorIds.RequestTooLarge : ErrorIds.InvalidArgument, bad.Message, null, bad),
        _ => new ControlException(ErrorIds.InternalError, $"The agent failed in a way it did not foresee: {error.Message}", null, error),
    };

    /// <summary>Why there is no link session, in the words of the attempt that failed.</summary>
    public static ControlException OfLink(Exception failure) => failure switch
    {
        LinkClosedException { Reason: LinkCloseReason.VersionMismatch } => new ControlException(ErrorIds.PeerVersionNotSupported, failure.Message, null, failure),
        LinkClosedException { Reason: LinkCloseReason.WrongPeer } => new ControlException(ErrorIds.AgentNotTrusted, failure.Message, null, failure),
        TrustException { ErrorId: TrustErrorId.FingerprintMismatch } => new ControlException(ErrorIds.AgentNotTrusted, failure.Message, null, failure),
        _ => new ControlException(ErrorIds.PeerUnreachable, failure.Message, null, failure),
    };

    /// <summary>The id for a storage that can't be opened.</summary>
    public static string IdOf(StorageOpenFault fault) => fault switch
    {
        StorageOpenFault.NotFound => ErrorIds.StorageNotFound,
        StorageOpenFault.Exists => ErrorIds.FileExists,
        StorageOpenFault.ReadOnly => ErrorIds.StorageReadOnly,
        StorageOpenFault.InUse => ErrorIds.StorageInUse,
        StorageOpenFault.NotSectors => ErrorIds.SizeNotSectors,
        StorageOpenFault.TooLarge => ErrorIds.SizeTooLarge,
        StorageOpenFault.Full => ErrorIds.DiskFull,
        _ => ErrorIds.StorageNotAccessible,
    };

    /// <summary>The id for a fault of an open storage.</summary>
    public static string IdOf(BlockDeviceFault fault) => fault switch
    {
        BlockDeviceFault.Full => ErrorIds.DiskFull,
        BlockDeviceFault.ReadOnly => ErrorIds.StorageReadOnly,
        BlockDeviceFault.Truncated => ErrorIds.ImageTruncated,
        _ => ErrorIds.DeviceError,
    };

    /// <summary>The id for an operation that a pair refuses.</summary>
    public static string IdOf(PairError error) => error switch
    {
        PairError.CycleRunning => ErrorIds.CycleRunning,
        PairError.NoCycleRunning => ErrorIds.NoCycleRunning,
        PairError.PairSuspended => ErrorIds.PairSuspended,
        PairError.PairNotSuspended => ErrorIds.PairNotSuspended,
        PairError.InDoubt or PairError.LinkDown => ErrorIds.PeerUnreachable,
        PairError.FirstIntermediateLent or PairError.RestoreRunning or PairError.GateTimedOut or PairError.ComparisonNeeded or PairError.GroupIncomplete => ErrorIds.PairBusy,
        PairError.CopyNotTrusted => ErrorIds.StorageChangedOutside,
        PairError.PointBeingDecided => ErrorIds.CycleCannotBeSuperseded,
        PairError.NoCommittedPoint => ErrorIds.NoCommittedPoint,
        PairError.SourceStillReachable => ErrorIds.SourceStillReachable,
        PairError.SplitBrain or PairError.OldGeneration => ErrorIds.SplitBrain,
        PairError.AlreadyRecovered => ErrorIds.PairAlreadyRecovered,
        PairError.PointGivenUp => ErrorIds.CycleGivenUp,
        PairError.StorageFailed => ErrorIds.DeviceError,
        PairError.PairFailed => ErrorIds.PairFailed,
        PairError.GeometryMismatch => ErrorIds.TargetTooSmall,
        PairError.NoSuchMap => ErrorIds.MapNotKept,
        PairError.PointNotKept => ErrorIds.PointNotFound,
        PairError.PointInUse => ErrorIds.PointInUse,
        PairError.PointIsNewest => ErrorIds.PointIsLatest,
        PairError.PointNameTaken => ErrorIds.PointNameExists,
        PairError.TooManyNamedPoints => ErrorIds.TooManyNamedPoints,
        PairError.NoSuchStorage => ErrorIds.StorageNotUsedByService,
        _ => ErrorIds.InternalError,
    };

    private static string IdOf(TrustErrorId id) => id switch
    {
        TrustErrorId.TrustCodeExpired => ErrorIds.TrustCodeExpired,
        TrustErrorId.TrustCodeUsed => ErrorIds.TrustCodeUsed,
        TrustErrorId.TrustCodeVoided => ErrorIds.TrustCodeVoid,
        TrustErrorId.PeerUnreachable => ErrorIds.PeerUnreachable,
        TrustErrorId.OtherVersion => ErrorIds.PeerVersionNotSupported,
        TrustErrorId.FingerprintMismatch => ErrorIds.AgentNotTrusted,
        TrustErrorId.TrustNotFound => ErrorIds.TrustNotFound,
        TrustErrorId.TrustStoreFailed => ErrorIds.InternalError,
        _ => ErrorIds.TrustCodeInvalid,
    };

    // The other agent answers with ids of the same table; what is not among them is the link's own.
    private static ControlException FromPeer(LinkRequestException refused) => refused.ErrorId switch
    {
        var id when ErrorTable.Ids.Contains(id) => new ControlException(id, refused.Message, null, refused),
        LinkRequestException.UnknownMethod => new ControlException(
            ErrorIds.PeerVersionNotSupported, "The other agent does not know this request; it has an older version.", null, refused),
        LinkRequestException.DeadlineExceeded or LinkRequestException.Busy => new ControlException(
            ErrorIds.PeerUnreachable, $"The other agent did not answer in time: {refused.Message}", null, refused),
        _ => new ControlException(ErrorIds.InternalError, $"The other agent failed: {refused.Message}", null, refused),
    };
}
