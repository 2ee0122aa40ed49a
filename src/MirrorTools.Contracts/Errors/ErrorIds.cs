namespace MirrorTools.Contracts.Errors;

/// <summary>The stable ids of errors. docs/formats/control-api.md has their categories and remedies.</summary>
public static class ErrorIds
{
    /// <summary>No agent answers for this state directory.</summary>
    public const string MirrorAgentNotRunning = "MirrorAgentNotRunning";

    /// <summary>An agent already runs on this state directory.</summary>
    public const string MirrorAgentAlreadyRunning = "MirrorAgentAlreadyRunning";

    /// <summary>No agent has this name, or the agent's program is not in the module.</summary>
    public const string MirrorAgentNotFound = "MirrorAgentNotFound";

    /// <summary>The agent was started and did not answer in time, or ended.</summary>
    public const string MirrorAgentDidNotStart = "MirrorAgentDidNotStart";

    /// <summary>Another process holds the lock of the state directory.</summary>
    public const string MirrorAgentStateInUse = "MirrorAgentStateInUse";

    /// <summary>The agent is stopping.</summary>
    public const string MirrorAgentStopping = "MirrorAgentStopping";

    /// <summary>The token file cannot be read by this user.</summary>
    public const string MirrorAgentTokenUnreadable = "MirrorAgentTokenUnreadable";

    /// <summary>The agent did not answer within the request's deadline.</summary>
    public const string MirrorAgentTimeout = "MirrorAgentTimeout";

    /// <summary>The answer was not what the control API says.</summary>
    public const string MirrorAgentProtocolError = "MirrorAgentProtocolError";

    /// <summary>The token is missing or wrong.</summary>
    public const string AccessDenied = "AccessDenied";

    /// <summary>Agent and cmdlets have no version of the control API in common.</summary>
    public const string ApiVersionNotSupported = "ApiVersionNotSupported";

    /// <summary>The agent failed in a way it did not foresee; its log has the details.</summary>
    public const string InternalError = "InternalError";

    /// <summary>A value is missing, malformed or out of its range.</summary>
    public const string InvalidArgument = "InvalidArgument";

    /// <summary>The request is larger than the API takes.</summary>
    public const string RequestTooLarge = "RequestTooLarge";

    /// <summary>A parameter was given that the pair's copy service does not use.</summary>
    public const string ParameterNotUsedByService = "ParameterNotUsedByService";

    /// <summary>The pairing code is malformed or wrong.</summary>
    public const string TrustCodeInvalid = "TrustCodeInvalid";

    /// <summary>The pairing code is older than its lifetime.</summary>
    public const string TrustCodeExpired = "TrustCodeExpired";

    /// <summary>The pairing code was used before.</summary>
    public const string TrustCodeUsed = "TrustCodeUsed";

    /// <summary>The pairing code is void after five failures.</summary>
    public const string TrustCodeVoid = "TrustCodeVoid";

    /// <summary>No trusted agent has this name or id.</summary>
    public const string TrustNotFound = "TrustNotFound";

    /// <summary>A pair still uses the trust.</summary>
    public const string TrustInUse = "TrustInUse";

    /// <summary>The other agent is not trusted, or does not trust this one.</summary>
    public const string AgentNotTrusted = "AgentNotTrusted";

    /// <summary>The other agent does not answer.</summary>
    public const string PeerUnreachable = "PeerUnreachable";

    /// <summary>The other agent speaks no common version of the link.</summary>
    public const string PeerVersionNotSupported = "PeerVersionNotSupported";

    /// <summary>The agent does not listen for other agents, so it can make no code.</summary>
    public const string LinkNotListening = "LinkNotListening";

    /// <summary>No pair has this name or id.</summary>
    public const string PairNotFound = "PairNotFound";

    /// <summary>A pair has this name already.</summary>
    public const string PairExists = "PairExists";

    /// <summary>The name has characters or a length that is not allowed.</summary>
    public const string PairNameInvalid = "PairNameInvalid";

    /// <summary>The pair is suspended.</summary>
    public const string PairSuspended = "PairSuspended";

    /// <summary>The pair is not suspended.</summary>
    public const string PairNotSuspended = "PairNotSuspended";

    /// <summary>The pair is latched as failed.</summary>
    public const string PairFailed = "PairFailed";

    /// <summary>Another change of the pair is under way.</summary>
    public const string PairBusy = "PairBusy";

    /// <summary>This has to be asked of the other agent of the pair.</summary>
    public const string PairNotHere = "PairNotHere";

    /// <summary>No consistency group has this name or id.</summary>
    public const string GroupNotFound = "GroupNotFound";

    /// <summary>This has to be asked of the agent with the source of the consistency group's first pair.</summary>
    public const string GroupNotHere = "GroupNotHere";

    /// <summary>A consistency group has this name already.</summary>
    public const string GroupExists = "GroupExists";

    /// <summary>The pair is in a consistency group, and has to be out of it for this.</summary>
    public const string PairInGroup = "PairInGroup";

    /// <summary>A storage is not there.</summary>
    public const string StorageNotFound = "StorageNotFound";

    /// <summary>A storage cannot be opened, read or written.</summary>
    public const string StorageNotAccessible = "StorageNotAccessible";

    /// <summary>A storage cannot be written.</summary>
    public const string StorageReadOnly = "StorageReadOnly";

    /// <summary>Another process has the storage open for writing.</summary>
    public const string StorageInUse = "StorageInUse";

    /// <summary>Two storages of the pair are the same file or device.</summary>
    public const string StoragesAreTheSame = "StoragesAreTheSame";

    /// <summary>A storage belongs to another pair.</summary>
    public const string StorageAlreadyInPair = "StorageAlreadyInPair";

    /// <summary>A storage was given that the copy service does not use.</summary>
    public const string StorageNotUsedByService = "StorageNotUsedByService";

    /// <summary>A storage was written while the pair was closed; a comparison is needed.</summary>
    public const string StorageChangedOutside = "StorageChangedOutside";

    /// <summary>A storage is smaller than the source.</summary>
    public const string TargetTooSmall = "TargetTooSmall";

    /// <summary>The size is not a whole number of sectors.</summary>
    public const string SizeNotSectors = "SizeNotSectors";

    /// <summary>The volume is larger than 64 TiB, or than the file system takes.</summary>
    public const string SizeTooLarge = "SizeTooLarge";

    /// <summary>The sector sizes of source and target do not match.</summary>
    public const string SectorSizeMismatch = "SectorSizeMismatch";

    /// <summary>The grain size is not a power of two from 4 KiB to 4 MiB.</summary>
    public const string GrainSizeInvalid = "GrainSizeInvalid";

    /// <summary>A file system is full.</summary>
    public const string DiskFull = "DiskFull";

    /// <summary>A storage became shorter than its volume.</summary>
    public const string ImageTruncated = "ImageTruncated";

    /// <summary>A metadata file is gone, cut short or fails its checksums.</summary>
    public const string MetadataCorrupt = "MetadataCorrupt";

    /// <summary>The agent does not have this copy service.</summary>
    public const string CopyServiceNotSupported = "CopyServiceNotSupported";

    /// <summary>The copy service of the pair has no cycles.</summary>
    public const string CopyServiceHasNoCycles = "CopyServiceHasNoCycles";

    /// <summary>Both sites were written since they parted (F-23).</summary>
    public const string SplitBrain = "SplitBrain";

    /// <summary>A cycle runs already.</summary>
    public const string CycleRunning = "CycleRunning";

    /// <summary>No cycle runs.</summary>
    public const string NoCycleRunning = "NoCycleRunning";

    /// <summary>The pair has no such cycle.</summary>
    public const string CycleNotFound = "CycleNotFound";

    /// <summary>The running cycle is complete and waits for its decision (F-12).</summary>
    public const string CycleCannotBeSuperseded = "CycleCannotBeSuperseded";

    /// <summary>The cycle was given up.</summary>
    public const string CycleGivenUp = "CycleGivenUp";

    /// <summary>The cycle did not end within the time given; it goes on.</summary>
    public const string WaitTimeout = "WaitTimeout";

    /// <summary>The pair has no committed point yet.</summary>
    public const string NoCommittedPoint = "NoCommittedPoint";

    /// <summary>The pair has no such point.</summary>
    public const string PointNotFound = "PointNotFound";

    /// <summary>Somebody reads the point.</summary>
    public const string PointInUse = "PointInUse";

    /// <summary>The point is the last committed one.</summary>
    public const string PointIsLatest = "PointIsLatest";

    /// <summary>Another point of the pair has the name.</summary>
    public const string PointNameExists = "PointNameExists";

    /// <summary>As many points of the pair have names as may.</summary>
    public const string TooManyNamedPoints = "TooManyNamedPoints";

    /// <summary>The schedule cannot be understood.</summary>
    public const string ScheduleInvalid = "ScheduleInvalid";

    /// <summary>The time zone is not known.</summary>
    public const string TimeZoneNotFound = "TimeZoneNotFound";

    /// <summary>The copy service or the side does not keep this map.</summary>
    public const string MapNotKept = "MapNotKept";

    /// <summary>No volume has this name or id.</summary>
    public const string VolumeNotFound = "VolumeNotFound";

    /// <summary>The volume cannot be given to hosts, or not now.</summary>
    public const string VolumeNotMountable = "VolumeNotMountable";

    /// <summary>The volume has this attachment already.</summary>
    public const string VolumeAlreadyMounted = "VolumeAlreadyMounted";

    /// <summary>The volume has no such attachment.</summary>
    public const string VolumeNotMounted = "VolumeNotMounted";

    /// <summary>The volume cannot be written now.</summary>
    public const string VolumeReadOnly = "VolumeReadOnly";

    /// <summary>Hosts are connected to the volume.</summary>
    public const string VolumeInUse = "VolumeInUse";

    /// <summary>Offset or length is not a multiple of 512 bytes.</summary>
    public const string RangeNotAligned = "RangeNotAligned";

    /// <summary>The range is not within the volume.</summary>
    public const string RangeOutOfVolume = "RangeOutOfVolume";

    /// <summary>A device failed to read or write.</summary>
    public const string DeviceError = "DeviceError";

    /// <summary>The attachment protocol is not there.</summary>
    public const string ProtocolNotSupported = "ProtocolNotSupported";

    /// <summary>The address would let in hosts that nobody allowed.</summary>
    public const string AddressNotAllowed = "AddressNotAllowed";

    /// <summary>The address or socket is in use.</summary>
    public const string AddressInUse = "AddressInUse";

    /// <summary>The source answers, so an unplanned recovery is refused without force.</summary>
    public const string SourceStillReachable = "SourceStillReachable";

    /// <summary>The source cannot be asked, and the recovery needs force.</summary>
    public const string SourceStateUnknown = "SourceStateUnknown";

    /// <summary>The pair was recovered here before.</summary>
    public const string PairAlreadyRecovered = "PairAlreadyRecovered";

    /// <summary>The file is there already.</summary>
    public const string FileExists = "FileExists";

    /// <summary>The directory is not there.</summary>
    public const string PathNotFound = "PathNotFound";

    /// <summary>No operation has this id.</summary>
    public const string OperationNotFound = "OperationNotFound";

    /// <summary>The operation was canceled.</summary>
    public const string OperationCanceled = "OperationCanceled";

    /// <summary>A local file is not there.</summary>
    public const string FileNotFound = "FileNotFound";
}
