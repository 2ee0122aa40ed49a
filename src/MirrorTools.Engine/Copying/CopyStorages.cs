using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Copying;

/// <summary>What a copy step does with the source and, in the flashcopy service, with B. A storage that does not answer in time has failed (P-7).</summary>
internal sealed class CopyStorages(GrainGeometry geometry, IBlockDevice source, IBlockDevice? intermediate, TimeProvider time)
{
    /// <summary>How long a storage may take for a request.</summary>
    public TimeSpan Deadline { get; set; }

    /// <summary>Told of a storage that did not answer in time.</summary>
    public required Action<CopyFault, Exception> Hung { get; init; }

    /// <summary>Which storage a run is read from.</summary>
    public static CopyFault PartOf(CopyRun run) => run.FromB ? CopyFault.Intermediate : CopyFault.Source;

    /// <summary>Cuts a run to what one step moves: zeros travel as one long run without payload, data in runs of at most <paramref name="runBytes"/>.</summary>
    /// <returns>True for zeros.</returns>
    public async Task<bool> ShortenAsync(CopyRun run, int runBytes)
    {
        long length = geometry.LengthOf(run.Grains);
        BlockExtent extent = await From(run).FindExtentAsync(geometry.OffsetOf(run.Grains.First), length, CancellationToken.None);
        long longest = Math.Max(1, runBytes / geometry.GrainBytes);
        bool zeros = extent.Kind != ExtentKind.Data
            && (extent.LengthBytes >= length || extent.LengthBytes >= geometry.GrainBytes);
        long grains = zeros && extent.LengthBytes < length
            ? extent.LengthBytes / geometry.GrainBytes
            : zeros ? run.Grains.Count
            : Math.Min(longest, Math.Max(1, (extent.LengthBytes + geometry.GrainBytes - 1) / geometry.GrainBytes));
        if (grains < run.Grains.Count)
        {
            run.Grains = run.Grains with { Count = grains };
        }

        return zeros;
    }

    /// <summary>Reads a run from where the point's content is.</summary>
    public Task ReadAsync(CopyRun run, Memory<byte> buffer) =>
        WatchedAsync(From(run).ReadAsync(geometry.OffsetOf(run.Grains.First) + run.SkipBytes, buffer, CancellationToken.None), PartOf(run));

    /// <summary>Writes a run into B.</summary>
    /// <param name="run">The run.</param>
    /// <param name="content">Its bytes; empty for zeros.</param>
    public Task WriteIntermediateAsync(CopyRun run, ReadOnlyMemory<byte> content)
    {
        long offset = geometry.OffsetOf(run.Grains.First);
        return WatchedAsync(
            content.IsEmpty
                ? intermediate!.WriteZeroesAsync(offset, geometry.LengthOf(run.Grains), WriteOptions.MayUnmap, CancellationToken.None)
                : intermediate!.WriteAsync(offset, content, WriteOptions.None, CancellationToken.None),
            CopyFault.Intermediate);
    }

    private IBlockDevice From(CopyRun run) => run.FromB ? intermediate! : source;

    // The step stays under way: what it writes late must not meet another point.
    private async Task WatchedAsync(ValueTask request, CopyFault part)
    {
        Task answered = request.AsTask();
        try
        {
            await answered.WithDeadline(Deadline, time, CancellationToken.None);
        }
        catch (TimeoutException exception) when (!answered.IsCompleted)
        {
            Hung(part, exception);
            await answered;
        }
    }
}
