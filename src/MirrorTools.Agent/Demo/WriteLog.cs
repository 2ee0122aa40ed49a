using System.Buffers.Binary;
using System.Diagnostics;

namespace MirrorTools.Agent.Demo;

/// <summary>
/// The oracle's memory: what the writer issued, what was acknowledged, and when. It lives in the writer's process, outside both agents, and knows nothing of
/// maps, points or storages but the instant that a point claims to be.
/// </summary>
/// <param name="blocks">How many blocks the writer uses.</param>
internal sealed class WriteLog(int blocks)
{
    /// <summary>The unit of the writer, in bytes; it never has two writes to one block in flight.</summary>
    public const int BlockBytes = 4096;

    private const int SectorBytes = 512;

    private readonly List<Entry>[] _entries = [.. Enumerable.Range(0, blocks).Select(_ => new List<Entry>())];
    private long _sequence;

    /// <summary>How many writes were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Begins a write: its sequence number is what every one of its sectors will carry.</summary>
    public long Issue(int block)
    {
        lock (_entries[block])
        {
            long sequence = Interlocked.Increment(ref _sequence);
            _entries[block].Add(new Entry(sequence, DateTimeOffset.UtcNow, null));
            return sequence;
        }
    }

    /// <summary>The write was acknowledged.</summary>
    public void Acknowledge(int block)
    {
        lock (_entries[block])
        {
            _entries[block][^1] = _entries[block][^1] with { AcknowledgedAt = DateTimeOffset.UtcNow };
        }

        lock (this)
        {
            Acknowledged++;
        }
    }

    /// <summary>The content of a block after a write.</summary>
    public static void Fill(Span<byte> content, int block, long sequence)
    {
        for (int sector = 0; sector < content.Length / SectorBytes; sector++)
        {
            Span<byte> bytes = content.Slice(sector * SectorBytes, SectorBytes);
            bytes.Fill((byte)(sequence + sector));
            BinaryPrimitives.WriteInt64LittleEndian(bytes, sequence);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], block);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], sector);
        }
    }

    /// <summary>
    /// What a point of the instant t1 may hold of a block: the last write acknowledged before it, or one that was in flight at it. Nothing older, nothing issued later.
    /// </summary>
    /// <returns>The sequence numbers; 0 stands for the content the image began with.</returns>
    public IReadOnlyList<long> Allowed(int block, DateTimeOffset takenAt)
    {
        List<long> allowed = [0];
        foreach (Entry entry in _entries[block])
        {
            if (entry.IssuedAt > takenAt)
            {
                break;
            }

            if (entry.AcknowledgedAt is { } acknowledged && acknowledged < takenAt)
            {
                allowed.Clear();
            }

            allowed.Add(entry.Sequence);
        }

        return allowed;
    }

    /// <summary>How many acknowledged writes a point of that instant leaves out: the data loss, in writes.</summary>
    public long AcknowledgedAfter(DateTimeOffset takenAt) =>
        _entries.Sum(block => block.Count(entry => entry.AcknowledgedAt > takenAt));

    private readonly record struct Entry(long Sequence, DateTimeOffset IssuedAt, DateTimeOffset? AcknowledgedAt);
}
