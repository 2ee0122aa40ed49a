using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// The table of a preserved area: its image in memory, as far as slots are held, and the writing of its blocks. The caller has the turn where something is written.
/// </summary>
/// <remarks>
/// As with the pages of a map area, a block is written into the copy that is not its last flushed one, and into that same copy again until a flush has made it
/// durable: a power cut finds what was flushed last or something newer.
/// </remarks>
/// <param name="device">The area's device.</param>
/// <param name="layout">The area's layout.</param>
/// <param name="pairId">The pair.</param>
internal sealed class PreservedTable(MetadataDevice device, PreservedAreaLayout layout, Guid pairId)
{
    private const int BlocksPerBatch = 64;

    private readonly Dictionary<int, Image> _images = [];
    private readonly Dictionary<int, byte> _durableCopies = [];
    private readonly Dictionary<int, byte> _writtenCopies = [];
    private readonly SortedSet<int> _unsettled = [];
    private readonly SortedSet<int> _forgotten = [];
    private byte[]? _buffer;
    private ulong _sequence;

    /// <summary>The era that blocks are written in.</summary>
    public required ulong Era { get; set; }

    /// <summary>True where a batch failed, so that blocks on the disk may say something else than the image.</summary>
    public bool IsUnsettled => _unsettled.Count > 0;

    /// <summary>What the table says of a slot.</summary>
    public PreservedEntry this[long slot]
    {
        get => _images.TryGetValue(PreservedAreaLayout.BlockOf(slot), out Image? image) ? image.Entries[IndexOf(slot)] : default;
        private set
        {
            int block = PreservedAreaLayout.BlockOf(slot);
            if (!_images.TryGetValue(block, out Image? image))
            {
                _images[block] = image = new Image();
            }

            ref PreservedEntry entry = ref image.Entries[IndexOf(slot)];
            image.HeldCount += (entry.IsFree ? 0 : -1) + (value.IsFree ? 0 : 1);
            entry = value;
            if (image.HeldCount == 0)
            {
                _images.Remove(block);
            }
        }
    }

    /// <summary>Takes a block that was found on the disk.</summary>
    /// <param name="block">Its header.</param>
    /// <param name="copy">Which copy it is, the newer valid one.</param>
    /// <param name="bytes">The block.</param>
    public void Load(PreservedTableBlock block, byte copy, ReadOnlySpan<byte> bytes)
    {
        _sequence = Math.Max(_sequence, block.Sequence);
        _durableCopies[block.Block] = copy;
        for (int index = 0; index < PreservedTableBlock.EntriesPerBlock && block.Era == Era; index++)
        {
            PreservedEntry entry = PreservedTableBlock.ReadEntry(bytes, index);
            if (!entry.IsFree)
            {
                this[PreservedAreaLayout.FirstSlotOf(block.Block) + index] = entry;
            }
        }
    }

    /// <summary>Every slot that an entry speaks of, ascending. It may be forgotten on the way.</summary>
    public IEnumerable<(long Slot, PreservedEntry Entry)> Entries()
    {
        foreach (int block in _images.Keys.Order().ToList())
        {
            PreservedEntry[] entries = _images[block].Entries;
            for (int index = 0; index < entries.Length; index++)
            {
                if (!entries[index].IsFree)
                {
                    yield return (PreservedAreaLayout.FirstSlotOf(block) + index, entries[index]);
                }
            }
        }
    }

    /// <summary>Clears an entry that nobody needs in the image; on the disk it goes with the block's next write, or not at all.</summary>
    public void Forget(long slot)
    {
        this[slot] = default;
        _forgotten.Add(PreservedAreaLayout.BlockOf(slot));
    }

    /// <summary>Makes the blocks of forgotten entries durable without them.</summary>
    /// <exception cref="IOException">A write or the flush failed.</exception>
    public async Task WriteForgottenAsync()
    {
        SortedSet<int> blocks = [.. _forgotten];
        if (blocks.Count > 0)
        {
            await WriteAsync(blocks);
            await device.FlushAsync(CancellationToken.None);
            _forgotten.ExceptWith(blocks);
        }
    }

    /// <summary>Forgets everything, since a new era has begun.</summary>
    public void Restart(ulong era)
    {
        _images.Clear();
        _unsettled.Clear();
        _forgotten.Clear();
        Era = era;
    }

    /// <summary>Changes entries durably. Where that fails the image is as before, and those blocks are unsettled.</summary>
    /// <exception cref="IOException">A write or the flush failed.</exception>
    public async Task CommitAsync(IReadOnlyList<(long Slot, PreservedEntry Entry)> changes)
    {
        SortedSet<int> blocks = [.. changes.Select(change => PreservedAreaLayout.BlockOf(change.Slot))];
        PreservedEntry[] before = [.. changes.Select(change => this[change.Slot])];
        foreach ((long slot, PreservedEntry entry) in changes)
        {
            this[slot] = entry;
        }

        try
        {
            await WriteAsync(blocks);
            await device.FlushAsync(CancellationToken.None);
        }
        catch
        {
            _unsettled.UnionWith(blocks);
            for (int index = 0; index < changes.Count; index++)
            {
                this[changes[index].Slot] = before[index];
            }

            throw;
        }
    }

    /// <summary>Makes the disk say what the image says, after a batch that failed.</summary>
    /// <exception cref="IOException">A write or the flush failed again.</exception>
    public async Task SettleAsync()
    {
        await WriteAsync(_unsettled);
        await device.FlushAsync(CancellationToken.None);
        _unsettled.Clear();
    }

    /// <summary>A flush worked: what was written before it is durable.</summary>
    public void Flushed()
    {
        foreach ((int block, byte copy) in _writtenCopies)
        {
            _durableCopies[block] = copy;
        }

        _writtenCopies.Clear();
    }

    private static int IndexOf(long slot) => (int)(slot % PreservedTableBlock.EntriesPerBlock);

    private async Task WriteAsync(SortedSet<int> blocks)
    {
        _buffer ??= new byte[BlocksPerBatch * BlockHeader.BlockBytes];
        _sequence++;

        // A copy whose write fails is spoilt: no flush may declare it durable.
        List<(long OffsetBytes, int Block)> places = [.. blocks.Select(block => (layout.Table.OffsetOf(block, CopyToWrite(block)), block))];
        places.ForEach(place => _writtenCopies.Remove(place.Block));
        places.Sort();
        for (int first = 0, count; first < places.Count; first += count)
        {
            count = 0;
            do
            {
                Seal(_buffer.AsSpan(count * BlockHeader.BlockBytes, BlockHeader.BlockBytes), places[first + count].Block);
                count++;
            }
            while (count < BlocksPerBatch && first + count < places.Count
                && places[first + count].OffsetBytes == places[first].OffsetBytes + ((long)count * BlockHeader.BlockBytes));

            Memory<byte> run = _buffer.AsMemory(0, count * BlockHeader.BlockBytes);
            await device.Device.WriteAsync(places[first].OffsetBytes, run, WriteOptions.None, CancellationToken.None);
            foreach ((_, int block) in places.GetRange(first, count))
            {
                _writtenCopies[block] = CopyToWrite(block);
            }
        }
    }

    private void Seal(Span<byte> bytes, int block) =>
        new PreservedTableBlock(pairId, _sequence, Era, block).Write(bytes, _images.GetValueOrDefault(block)?.Entries);

    private byte CopyToWrite(int block) => (byte)(_durableCopies.TryGetValue(block, out byte copy) && copy == 0 ? 1 : 0);

    /// <summary>The entries of a block of which at least one is not free.</summary>
    private sealed class Image
    {
        public PreservedEntry[] Entries { get; } = new PreservedEntry[PreservedTableBlock.EntriesPerBlock];

        public int HeldCount { get; set; }
    }
}
