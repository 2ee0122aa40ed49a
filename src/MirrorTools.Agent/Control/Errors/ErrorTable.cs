using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Control.Errors;

/// <summary>Status, category and remedy of every error id that the agent answers with (docs/formats/control-api.md).</summary>
internal static class ErrorTable
{
    private static readonly Dictionary<string, ErrorRow> Rows = new(StringComparer.Ordinal)
    {
        [ErrorIds.MirrorAgentStateInUse] = new(409, "ResourceBusy", "See it with Get-MirrorAgent, or stop it with Stop-MirrorAgent."),
        [ErrorIds.MirrorAgentStopping] = new(503, "ResourceUnavailable", "Run Start-MirrorAgent when it has stopped."),
        [ErrorIds.AccessDenied] = new(401, "PermissionDenied", "Run as the account that started the agent."),
        [ErrorIds.ApiVersionNotSupported] = new(404, "NotImplemented", "Update the older of agent and module; Get-MirrorAgent shows the versions."),
        [ErrorIds.InternalError] = new(500, "NotSpecified", "See Get-MirrorEvent and the agent's log."),
        [ErrorIds.InvalidArgument] = new(400, "InvalidArgument", "See Get-Help of the cmdlet for what it takes."),
        [ErrorIds.RequestTooLarge] = new(413, "LimitsExceeded", "Split the request."),
        [ErrorIds.ParameterNotUsedByService] = new(400, "InvalidArgument", "Leave the parameter out."),
        [ErrorIds.TrustCodeInvalid] = new(403, "SecurityError", "Make a new code with New-MirrorTrust on the other agent."),
        [ErrorIds.TrustCodeExpired] = new(403, "SecurityError", "Make a new code with New-MirrorTrust on the other agent."),
        [ErrorIds.TrustCodeUsed] = new(403, "SecurityError", "Make a new code with New-MirrorTrust on the other agent."),
        [ErrorIds.TrustCodeVoid] = new(403, "SecurityError", "Make a new code with New-MirrorTrust on the other agent."),
        [ErrorIds.TrustNotFound] = new(404, "ObjectNotFound", "List the trusted agents with Get-MirrorTrust."),
        [ErrorIds.TrustInUse] = new(409, "ResourceBusy", "List the pairs with Get-MirrorPair, and remove those with that agent by Remove-MirrorPair first."),
        [ErrorIds.AgentNotTrusted] = new(403, "SecurityError", "Make the two agents trust each other with New-MirrorTrust."),
        [ErrorIds.PeerUnreachable] = new(502, "ConnectionError", "See the link with Get-MirrorTrust, and start the other agent with Start-MirrorAgent."),
        [ErrorIds.PeerVersionNotSupported] = new(502, "ProtocolError", "Update the older agent; Get-MirrorAgent shows the versions."),
        [ErrorIds.LinkNotListening] = new(409, "InvalidOperation", "Restart the agent with Start-MirrorAgent -ListenAddress."),
        [ErrorIds.PairNotFound] = new(404, "ObjectNotFound", "List the pairs with Get-MirrorPair."),
        [ErrorIds.PairExists] = new(409, "ResourceExists", "List the pairs with Get-MirrorPair, and choose another -Name."),
        [ErrorIds.PairNameInvalid] = new(400, "InvalidArgument", "Choose a -Name of 1 to 63 letters, digits, hyphens, underscores and dots."),
        [ErrorIds.PairSuspended] = new(409, "InvalidOperation", "Run Resume-MirrorPair."),
        [ErrorIds.PairNotSuspended] = new(409, "InvalidOperation", "See its state with Get-MirrorPair."),
        [ErrorIds.PairFailed] = new(409, "InvalidOperation", "See why with Get-MirrorEvent, then run Resume-MirrorPair."),
        [ErrorIds.PairBusy] = new(409, "ResourceBusy", "See its state with Get-MirrorPair and try again."),
        [ErrorIds.PairNotHere] = new(409, "InvalidOperation", "Run the same cmdlet with -Agent for the other site."),
        [ErrorIds.GroupNotFound] = new(404, "ObjectNotFound", "Run Get-MirrorGroup."),
        [ErrorIds.GroupNotHere] = new(409, "InvalidOperation", "Run the same cmdlet with -Agent for the agent that the error names."),
        [ErrorIds.GroupExists] = new(409, "ResourceExists", "Choose another name, or use Set-MirrorGroup -Add."),
        [ErrorIds.PairInGroup] = new(409, "InvalidOperation", "Take it out by Set-MirrorGroup -Remove, or dissolve the group by Remove-MirrorGroup."),
        [ErrorIds.StorageNotFound] = new(404, "ObjectNotFound", "Correct the path (its folder has to be there), or give -Size to New-MirrorPair to have the source made."),
        [ErrorIds.StorageNotAccessible] = new(403, "PermissionDenied", "Give a file or a block device that the agent's account may read and write, then run the cmdlet again."),
        [ErrorIds.StorageReadOnly] = new(403, "PermissionDenied", "Correct the rights or the mount, then run the cmdlet again."),
        [ErrorIds.StorageInUse] = new(409, "ResourceBusy", "Close the program that has it open, or see with Get-MirrorPair which pair uses it."),
        [ErrorIds.StoragesAreTheSame] = new(400, "InvalidArgument", "Give New-MirrorPair four different storages."),
        [ErrorIds.StorageAlreadyInPair] = new(409, "ResourceExists", "See the pair with Get-MirrorPair; remove it with Remove-MirrorPair if it is not needed."),
        [ErrorIds.StorageNotUsedByService] = new(400, "InvalidArgument", "Leave the storage out."),
        [ErrorIds.StorageChangedOutside] = new(409, "InvalidOperation", "See that the two agents are connected: a comparison by hash begins by itself, and the next commit proves the copy (Start-FlashcopyCycle)."),
        [ErrorIds.TargetTooSmall] = new(409, "InvalidOperation", "Give New-MirrorPair a storage of at least the size that the error names."),
        [ErrorIds.SizeNotSectors] = new(400, "InvalidArgument", "Extend the file to whole sectors of 512 bytes, then run New-MirrorPair again."),
        [ErrorIds.SizeTooLarge] = new(409, "LimitsExceeded", "Split the volume, or use a file system that takes files of that size."),
        [ErrorIds.SectorSizeMismatch] = new(409, "InvalidOperation", "Choose a storage with the sector size of the source for New-MirrorPair."),
        [ErrorIds.GrainSizeInvalid] = new(400, "InvalidArgument", "Give New-MirrorPair a -GrainSize that is a power of two from 4KB to 4MB."),
        [ErrorIds.DiskFull] = new(507, "WriteError", "Make room, then run Resume-MirrorPair."),
        [ErrorIds.ImageTruncated] = new(409, "InvalidData", "Restore the storage, or make the pair anew with Remove-MirrorPair and New-MirrorPair."),
        [ErrorIds.MetadataCorrupt] = new(409, "InvalidData", "See with Get-MirrorPair -Agent, at both agents, what is lost and what helps; with the file back, run Resume-MirrorPair."),
        [ErrorIds.CopyServiceNotSupported] = new(501, "NotImplemented", "Give New-MirrorPair -Service Flashcopy or AsyncCopy."),
        [ErrorIds.CopyServiceHasNoCycles] = new(409, "InvalidOperation", "See the pair's service with Get-MirrorPair."),
        [ErrorIds.SplitBrain] = new(409, "InvalidOperation", "Decide whose changes are given up: Resume-MirrorPair -DiscardChangesOn AGENT."),
        [ErrorIds.CycleRunning] = new(409, "ResourceBusy", "Wait for it with Wait-FlashcopyCycle, or take its place with Start-FlashcopyCycle -Supersede."),
        [ErrorIds.NoCycleRunning] = new(409, "InvalidOperation", "Start one with Start-FlashcopyCycle."),
        [ErrorIds.CycleNotFound] = new(404, "ObjectNotFound", "List the cycles with Get-FlashcopyCycle."),
        [ErrorIds.CycleCannotBeSuperseded] = new(409, "InvalidOperation", "Wait for its decision with Wait-FlashcopyCycle."),
        [ErrorIds.CycleGivenUp] = new(409, "OperationStopped", "See why with Get-MirrorEvent, then run Start-FlashcopyCycle."),
        [ErrorIds.NoCommittedPoint] = new(404, "ObjectNotFound", "Wait for the first commit with Wait-FlashcopyCycle."),
        [ErrorIds.PointNotFound] = new(404, "ObjectNotFound", "List the points with Get-ConsistencyPoint."),
        [ErrorIds.PointInUse] = new(409, "ResourceBusy", "Wait until its export has ended, then run Remove-ConsistencyPoint again."),
        [ErrorIds.PointIsLatest] = new(409, "InvalidOperation", "Take a newer one with Start-FlashcopyCycle or New-ConsistencyPoint first."),
        [ErrorIds.PointNameExists] = new(409, "ResourceExists", "Choose another -Name, or remove the other point with Remove-ConsistencyPoint."),
        [ErrorIds.TooManyNamedPoints] = new(409, "LimitsExceeded", "Remove a named point that is not needed with Remove-ConsistencyPoint."),
        [ErrorIds.ScheduleInvalid] = new(400, "InvalidArgument", "See Get-Help Set-MirrorSchedule."),
        [ErrorIds.TimeZoneNotFound] = new(400, "InvalidArgument", "Give Set-MirrorSchedule an IANA name such as Europe/Berlin."),
        [ErrorIds.MapNotKept] = new(404, "ObjectNotFound", "Choose another -Map or -Site for Get-GrainBitmap."),
        [ErrorIds.VolumeNotFound] = new(404, "ObjectNotFound", "List the volumes with Get-MirrorVolume."),
        [ErrorIds.VolumeNotMountable] = new(409, "InvalidOperation", "See Get-MirrorVolume; the target becomes mountable by Invoke-MirrorRecovery."),
        [ErrorIds.VolumeAlreadyMounted] = new(409, "ResourceExists", "Take the other attachment away with Dismount-MirrorVolume."),
        [ErrorIds.VolumeNotMounted] = new(409, "InvalidOperation", "Attach it with Mount-MirrorVolume."),
        [ErrorIds.VolumeReadOnly] = new(409, "InvalidOperation", "See Get-MirrorVolume for its state."),
        [ErrorIds.VolumeInUse] = new(409, "ResourceBusy", "Detach the hosts, or run Dismount-MirrorVolume -Force."),
        [ErrorIds.RangeNotAligned] = new(400, "InvalidArgument", "Give an offset and a length that are multiples of 512."),
        [ErrorIds.RangeOutOfVolume] = new(400, "InvalidArgument", "See the size with Get-MirrorVolume."),
        [ErrorIds.DeviceError] = new(500, "DeviceError", "See what failed with Get-MirrorEvent."),
        [ErrorIds.ProtocolNotSupported] = new(501, "NotImplemented", "Use Mount-MirrorVolume -Protocol Nbd."),
        [ErrorIds.AddressNotAllowed] = new(403, "SecurityError", "Use a Unix socket, or -AllowLocalUsers on a loopback address with Mount-MirrorVolume."),
        [ErrorIds.AddressInUse] = new(409, "ResourceBusy", "Choose another address for Mount-MirrorVolume."),
        [ErrorIds.SourceStillReachable] = new(409, "InvalidOperation", "Stop the hosts at the source first, or insist with Invoke-MirrorRecovery -Force."),
        [ErrorIds.SourceStateUnknown] = new(409, "InvalidOperation", "Make sure that the source is down, then insist with Invoke-MirrorRecovery -Force."),
        [ErrorIds.PairAlreadyRecovered] = new(409, "InvalidOperation", "See Get-MirrorPair, and attach the volume with Mount-MirrorVolume."),
        [ErrorIds.FileExists] = new(409, "ResourceExists", "Choose another path, or overwrite it with -Force."),
        [ErrorIds.PathNotFound] = new(404, "ObjectNotFound", "Make the directory, then run the cmdlet again."),
        [ErrorIds.OperationNotFound] = new(404, "ObjectNotFound", "Start the operation again."),
        [ErrorIds.OperationCanceled] = new(409, "OperationStopped", "Start the operation again."),
    };

    /// <summary>The ids with a row.</summary>
    public static IReadOnlyCollection<string> Ids => Rows.Keys;

    /// <summary>The row of an id; that of <see cref="ErrorIds.InternalError"/> for one that has none.</summary>
    public static ErrorRow Find(string errorId) => Rows.TryGetValue(errorId, out var row) ? row : Rows[ErrorIds.InternalError];

    /// <summary>The body that goes over the wire.</summary>
    public static ErrorBody Body(string errorId, string message, string? target = null, string? remedy = null)
    {
        var row = Find(errorId);
        return new ErrorBody { ErrorId = errorId, Message = message, Target = target, Category = row.Category, RecommendedAction = remedy ?? row.Remedy };
    }

    /// <summary>The body of an exception.</summary>
    public static ErrorBody Body(ControlException error)
    {
        var body = Body(error.ErrorId, error.Message, error.Target, error.Remedy);
        foreach (var (name, value) in error.Details)
        {
            body.Details[name] = value;
        }

        return body;
    }
}
