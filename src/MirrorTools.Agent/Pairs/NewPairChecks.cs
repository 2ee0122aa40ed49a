using MirrorTools.Agent.Control;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Schedules;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Agent.Pairs;

/// <summary>What of a new pair can be judged before anything is opened or made: by a plan, and again where the pair is made.</summary>
internal static class NewPairChecks
{
    private const int SmallestSectorBytes = 512;

    /// <summary>The copy service that is meant.</summary>
    public static CopyService Service(NewPairRequest request) => Query.Name(request.Service, CopyService.Flashcopy, "copy service");

    /// <summary>The grain size that is meant.</summary>
    public static int GrainBytes(NewPairRequest request) => (int)(request.GrainSizeBytes ?? GrainGeometry.DefaultGrainBytes);

    /// <summary>Checks name, service, policies and schedule.</summary>
    public static void Settings(NewPairRequest request)
    {
        PairNames.Check(request.Name);
        ServiceSettings.CheckHere(Service(request));
        ServiceSettings.CheckUsed(Service(request), request.Name, request.WritePolicy, request.CollisionPolicy, request.HardeningMethod, request.MaximumIncrementMs);
        if (request.Group is not null)
        {
            PairNames.Check(request.Group, "group");
        }

        if (GrainGeometry.Validate(GrainGeometry.MinimumGrainBytes, request.GrainSizeBytes ?? GrainGeometry.DefaultGrainBytes) is { } fault)
        {
            throw new ControlException(ErrorIds.GrainSizeInvalid, fault, request.Name);
        }

        Query.Name(request.WritePolicy, WritePolicy.CopyOnWriteLocal, "write policy");
        Query.Name(request.CollisionPolicy, CollisionPolicy.NewImage, "collision policy");
        PairSettings.Deadline(request.WriteDeadlineMs);
        PairSettings.RunTimer(request.RunTimerMs);
        PairSettings.MaximumIncrement(request.MaximumIncrementMs);
        PairSettings.Points(Service(request), request.RetainPoints);
        Schedule(request);
    }

    /// <summary>The schedule that is meant.</summary>
    public static PairSchedule Schedule(NewPairRequest request) => request.Schedule is null ? PairSchedule.Manual : PairSchedule.Parse(request.Schedule);

    /// <summary>Checks the source, or the size that it is to be made with.</summary>
    /// <param name="request">The pair.</param>
    /// <param name="path">The source.</param>
    public static void Source(NewPairRequest request, string path)
    {
        if (StorageFiles.TryIdentify(path) is null)
        {
            Length(
                request.SizeBytes ?? throw new ControlException(ErrorIds.StorageNotFound, $"'{path}' is not there.", path), GrainBytes(request), path,
                length => $"A size of {length} bytes is no whole number of sectors of {SmallestSectorBytes} bytes.", "Give New-MirrorPair a -Size such as 10GB.");
        }
        else if (StorageFiles.TryMeasureAllocated(path) is not null && StorageFiles.TryStamp(path) is { ShowsForeignWrites: true } file)
        {
            ExistingSource(request, file.LengthBytes, path);
        }
    }

    /// <summary>Checks the length of a source that is there.</summary>
    public static void ExistingSource(NewPairRequest request, long lengthBytes, string path)
    {
        Length(
            lengthBytes, GrainBytes(request), path,
            length => length == 0 ? $"'{path}' is empty." : $"'{path}' has {length} bytes, which is no whole number of sectors of {SmallestSectorBytes} bytes.", remedy: null);
        if (request.SizeBytes is { } asked && asked != lengthBytes)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"'{path}' is there, and has {lengthBytes} bytes, not the {asked} of -Size.", path)
            {
                Remedy = "Leave -Size out to take the source as it is, or give New-MirrorPair another -Source.",
            };
        }
    }

    private static void Length(long lengthBytes, int grainBytes, string path, Func<long, string> notSectors, string? remedy)
    {
        if (lengthBytes <= 0 || lengthBytes % SmallestSectorBytes != 0)
        {
            throw new ControlException(ErrorIds.SizeNotSectors, notSectors(lengthBytes), path) { Remedy = remedy };
        }

        if (GrainGeometry.Validate(lengthBytes, grainBytes) is { } fault)
        {
            throw new ControlException(ErrorIds.SizeTooLarge, fault, path);
        }
    }
}
