using System.Buffers;
using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>Copies grains from a volume into slots, a few runs at a time, and finds out which are zeros; flushes nothing.</summary>
/// <param name="geometry">The volume's geometry.</param>
/// <param name="from">What is read.</param>
/// <param name="to">The area's device.</param>
/// <param name="layout">The area's layout.</param>
/// <param name="changes">Grain by grain the slot that is to hold it and the entry that will say so; entries of zeros are marked here.</param>
internal sealed class SlotCopy(
    GrainGeometry geometry, IBlockDevice from, IBlockDevice to, PreservedAreaLayout layout, (long Slot, PreservedEntry Entry)[] changes)
{
    private const int Parallel = 4;
    private const int MaximumRunBytes = 1 << 20;

    private bool _hasFailed;

    /// <summary>True where slots were written.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>True where a write failed, so that it is unknown what its slots hold.</summary>
    public bool HasWriteFailed { get; private set; }

    /// <summary>Copies all of them; ends only after whatever is under way has ended.</summary>
    /// <exception cref="TransferReadException">A run could not be read.</exception>
    /// <exception cref="IOException">A run could not be written.</exception>
    public async Task RunAsync()
    {
        List<Range> runs = Runs();
        int next = 0;
        await Task.WhenAll([.. Enumerable.Range(0, Math.Min(Parallel, runs.Count)).Select(_ => LaneAsync())]);

        async Task LaneAsync()
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(MaximumRunBytes, geometry.GrainBytes));
            try
            {
                while (next < runs.Count && !_hasFailed)
                {
                    await CopyRunAsync(runs[next++], buffer);
                }
            }
            catch
            {
                _hasFailed = true;
                throw;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Runs of changes whose grains and slots are both neighbours.</summary>
    private List<Range> Runs()
    {
        List<Range> runs = [];
        int maximum = Math.Max(1, MaximumRunBytes / geometry.GrainBytes);
        for (int first = 0, end; first < changes.Length; first = end)
        {
            end = first + 1;
            while (end < changes.Length && end - first < maximum
                && changes[end].Slot == changes[end - 1].Slot + 1 && changes[end].Entry.Grain == changes[end - 1].Entry.Grain + 1)
            {
                end++;
            }

            runs.Add(first..end);
        }

        return runs;
    }

    private async Task CopyRunAsync(Range run, byte[] buffer)
    {
        for (int index = run.Start.Value, count; index < run.End.Value; index += count)
        {
            long grain = changes[index].Entry.Grain;
            (count, bool isZeros) = await ReadAsync(grain, run.End.Value - index, buffer);
            if (isZeros)
            {
                foreach (ref (long Slot, PreservedEntry Entry) change in changes.AsSpan(index, count))
                {
                    change.Entry = change.Entry.AsZeros();
                }

                continue;
            }

            await WriteAsync(changes[index].Slot, buffer.AsMemory(0, (int)geometry.LengthOf(grain, count)));
        }
    }

    /// <summary>Reads some of the grains, as many as are alike.</summary>
    private async ValueTask<(int Count, bool IsZeros)> ReadAsync(long grain, int maximum, byte[] buffer)
    {
        try
        {
            long offset = geometry.OffsetOf(grain);
            long length = geometry.LengthOf(grain, maximum);
            BlockExtent extent = await from.FindExtentAsync(offset, length, CancellationToken.None);
            bool isData = extent.Kind == ExtentKind.Data;
            long alike = Math.Min(extent.LengthBytes, length);
            int count = (int)(alike == length ? maximum : isData ? ((alike - 1) / geometry.GrainBytes) + 1 : alike / geometry.GrainBytes);
            if (!isData && count > 0)
            {
                return (count, true);
            }

            count = Math.Max(1, count);
            await from.ReadAsync(offset, buffer.AsMemory(0, (int)geometry.LengthOf(grain, count)), CancellationToken.None);
            return (count, false);
        }
        catch (BlockDeviceException exception)
        {
            throw new TransferReadException(exception);
        }
    }

    private async ValueTask WriteAsync(long slot, ReadOnlyMemory<byte> data)
    {
        HasWritten = true;
        try
        {
            await to.WriteAsync(layout.OffsetOfSlot(slot), data, WriteOptions.None, CancellationToken.None);
        }
        catch
        {
            HasWriteFailed = true;
            throw;
        }
    }
}
