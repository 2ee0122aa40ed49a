using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Operations;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Operations;
using MirrorTools.Contracts.Points;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Pairs;

/// <summary>Committed points: the list, and their export into raw image files.</summary>
internal sealed class PairPoints(PairRegistry registry, OperationService operations, EventLog events, TimeProvider time)
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>The points that can be exported, newest first: the last committed one, and at the target those retained before it; the source knows of the last one only.</summary>
    public async Task<PointList> ListAsync(string nameOrId)
    {
        var pair = registry.Find(nameOrId);
        if (pair.TargetSide?.Target is { } target)
        {
            var status = await target.GetStatusAsync();
            return List(pair, Kept(status), status.NamedPoints, status.Generations, status.UncopiedGrains);
        }

        var source = await pair.RequireSource().Source!.GetStatusAsync();
        return List(pair, source.LastCommitted.IsNone ? [] : [source.LastCommitted], [], source.Generations, 0);
    }

    /// <summary>Gives up a point that is kept beside the last committed one .</summary>
    /// <returns>The point as it was.</returns>
    public async Task<PointInfo> RemoveAsync(string nameOrId, long number, string actor)
    {
        var pair = registry.Find(nameOrId);
        var target = pair.RequireTarget().Target!;
        var point = (await ListAsync(nameOrId)).Items.Find(point => point.Number == number) ?? throw NotKept(pair, number);
        await target.RemovePointAsync((ulong)number);
        events.Write(EventKinds.PointRemoved, new(pair.Definition.Id, pair.Definition.Name), actor, ("point", $"{number}"), ("t1", point.PointTime));
        return point;
    }

    /// <summary>Begins the export of a point into a file on this machine.</summary>
    public async Task<OperationInfo> ExportAsync(string nameOrId, long number, ExportPointRequest request, string actor)
    {
        var pair = registry.Find(nameOrId);
        var target = pair.RequireTarget().Target!;
        var status = await target.GetStatusAsync();
        if (!Kept(status).Any(point => (long)point.Number == number))
        {
            throw NotKept(pair, number);
        }

        CheckPath(request);
        return operations.Start(
            "ExportPoint", request.Path, pair.Definition.LengthBytes, (operation, cancel) => CopyAsync(pair, target, number, request, actor, operation, cancel));
    }

    private static ControlException NotKept(MirrorPair pair, long number) =>
        new(ErrorIds.PointNotFound, $"Point {number} of the pair '{pair.Definition.Name}' is not kept.", pair.Definition.Name);

    private static void CheckPath(ExportPointRequest request)
    {
        if (!Path.IsPathFullyQualified(request.Path))
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"'{request.Path}' is no absolute path.", request.Path);
        }

        if (!Directory.Exists(Path.GetDirectoryName(request.Path)))
        {
            throw new ControlException(ErrorIds.PathNotFound, $"The directory of '{request.Path}' is not there.", request.Path);
        }

        if (!request.Overwrite && File.Exists(request.Path))
        {
            throw new ControlException(ErrorIds.FileExists, $"'{request.Path}' is there already.", request.Path);
        }
    }

    private async Task CopyAsync(
        MirrorPair pair, MirrorTarget target, long number, ExportPointRequest request, string actor, Operation operation, CancellationToken cancel)
    {
        await using var pin = await target.PinAsync((ulong)number);

        // Under another name until it is whole, so that nobody takes half an image for one.
        var partial = request.Path + ".partial";
        File.Delete(partial);
        try
        {
            await using (var file = StorageFiles.Create(partial, pair.Definition.LengthBytes, StorageOptions.Default))
            {
                await CopyAsync(pin.Image, file, request.Sparse, operation, cancel);
                await file.FlushAsync(cancel);
            }

            File.Move(partial, request.Path, request.Overwrite);
            DurableDirectory.FlushEntry(request.Path);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        events.Write(EventKinds.PointExported, new(pair.Definition.Id, pair.Definition.Name), actor, ("point", $"{number}"), ("path", request.Path));
    }

    private static async Task CopyAsync(IBlockDevice image, FileBlockDevice file, bool sparse, Operation operation, CancellationToken cancel)
    {
        var buffer = new byte[ChunkBytes];
        var lengthBytes = file.Geometry.LengthBytes;
        for (var at = 0L; at < lengthBytes;)
        {
            var extent = await image.FindExtentAsync(at, lengthBytes - at, cancel);
            var isSkipped = extent.Kind != ExtentKind.Data && sparse;
            var step = isSkipped ? extent.LengthBytes : Math.Min(extent.LengthBytes, ChunkBytes);
            if (!isSkipped)
            {
                var chunk = buffer.AsMemory(0, (int)step);
                await image.ReadAsync(at, chunk, cancel);
                if (!sparse || chunk.Span.ContainsAnyExcept((byte)0))
                {
                    await file.WriteAsync(at, chunk, WriteOptions.None, cancel);
                }
            }

            at += step;
            operation.Add(step);
        }
    }

    // Newest first.
    private static IEnumerable<CommittedPoint> Kept(TargetStatus status) =>
        status.LastCommitted.IsNone ? [] : [status.LastCommitted, .. status.RecentPoints.Where(point => status.RetainedPoints.Contains(point.Number)).Reverse()];

    private PointList List(MirrorPair pair, IEnumerable<CommittedPoint> points, IReadOnlyList<NamedPoint> names, GenerationHistory generations, long uncopiedGrains) => new()
    {
        Items =
        [
            .. points.Select((point, at) => new PointInfo
            {
                Pair = pair.Definition.Name,
                PairId = pair.Definition.Id.ToString(),
                Number = (long)point.Number,
                Name = names.FirstOrDefault(named => named.Number == point.Number).Name,
                PointTime = WireTime.Write(point.TakenAt),
                CommittedAt = WireTime.Write(point.CommittedAt),
                AgeMs = Math.Max(0, (long)(time.GetUtcNow() - point.TakenAt).TotalMilliseconds),
                SizeBytes = pair.Definition.LengthBytes,
                ChangedBytes = pair.Sides[0].History.Find((long)point.Number)?.BytesTotal ?? 0,
                GrainsInIntermediate = at == 0 ? uncopiedGrains : 0,
                Latest = at == 0,
                Retained = true,
                Generation = generations.Current.Id.ToString(),
            }),
        ],
    };
}
