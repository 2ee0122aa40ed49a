using System.Buffers;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Copying;

/// <summary>Copies runs of grains from one storage to the same place on another, a few at a time; what is no data stays none.</summary>
/// <param name="geometry">The geometry of both.</param>
/// <param name="from">What is read.</param>
/// <param name="to">What is written; not flushed.</param>
/// <param name="runBytes">The longest run, in bytes, where a grain is not longer.</param>
internal sealed class RunTransfer(GrainGeometry geometry, IBlockDevice from, IBlockDevice to, int runBytes)
{
    private const int Parallel = 4;

    /// <summary>The bytes of a buffer that holds any run.</summary>
    public int BufferBytes => Math.Max(runBytes, geometry.GrainBytes);

    /// <summary>Copies the runs; where it is told to stop it ends after those under way.</summary>
    /// <exception cref="TransferReadException">A run could not be read.</exception>
    /// <exception cref="IOException">A run could not be written.</exception>
    public async Task CopyAsync(List<GrainRange> runs, Func<bool> isStopped)
    {
        int next = 0;
        Task[] lanes = [.. Enumerable.Range(0, Math.Min(Parallel, runs.Count)).Select(_ => LaneAsync())];
        await Task.WhenAll(lanes);

        async Task LaneAsync()
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                while (next < runs.Count && !isStopped())
                {
                    await CopyRunAsync(runs[next++], buffer);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async Task CopyRunAsync(GrainRange run, byte[] buffer)
    {
        long offset = geometry.OffsetOf(run.First);
        int length = (int)geometry.LengthOf(run);
        bool zeros;
        try
        {
            BlockExtent extent = await from.FindExtentAsync(offset, length, CancellationToken.None);
            zeros = extent.Kind != ExtentKind.Data && extent.LengthBytes >= length;
            if (!zeros)
            {
                await from.ReadAsync(offset, buffer.AsMemory(0, length), CancellationToken.None);
            }
        }
        catch (BlockDeviceException exception)
        {
            throw new TransferReadException(exception);
        }

        await (zeros
            ? to.WriteZeroesAsync(offset, length, WriteOptions.MayUnmap, CancellationToken.None)
            : to.WriteAsync(offset, buffer.AsMemory(0, length), WriteOptions.None, CancellationToken.None));
    }
}
