using System.Buffers.Binary;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>
/// What a node lacks that is left out, as a primary tells it to the nodes that remain (S-9): runs of grains, first and count in 8 bytes each, little endian. A map in shreds is told
/// more coarsely, as a superset.
/// </summary>
internal static class LackedGrains
{
    private const int RunBytes = 16;
    private const int RunsPerMessage = 2048;
    private const int MaximumRuns = 16 * RunsPerMessage;

    /// <summary>Encodes a map in payloads of one message each.</summary>
    public static IReadOnlyList<byte[]> Encode(GrainMap map)
    {
        List<GrainRange> runs = Runs(map);
        List<byte[]> payloads = [];
        for (int first = 0; first < runs.Count; first += RunsPerMessage)
        {
            byte[] payload = new byte[Math.Min(RunsPerMessage, runs.Count - first) * RunBytes];
            for (int at = 0; at < payload.Length; at += RunBytes)
            {
                GrainRange run = runs[first + (at / RunBytes)];
                BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(at), run.First);
                BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(at + 8), run.Count);
            }

            payloads.Add(payload);
        }

        return payloads;
    }

    /// <summary>Decodes a payload; null where it is none of a volume with so many grains.</summary>
    public static IReadOnlyList<GrainRange>? Decode(ReadOnlySpan<byte> payload, long grainCount)
    {
        if (payload.Length % RunBytes != 0 || payload.Length > RunsPerMessage * RunBytes)
        {
            return null;
        }

        GrainRange[] runs = new GrainRange[payload.Length / RunBytes];
        for (int index = 0; index < runs.Length; index++)
        {
            long first = BinaryPrimitives.ReadInt64LittleEndian(payload[(index * RunBytes)..]);
            long count = BinaryPrimitives.ReadInt64LittleEndian(payload[((index * RunBytes) + 8)..]);
            if (first < 0 || count <= 0 || first > grainCount - count)
            {
                return null;
            }

            runs[index] = new GrainRange(first, count);
        }

        return runs;
    }

    private static List<GrainRange> Runs(GrainMap map)
    {
        for (long gap = 0; ; gap = (gap * 2) + 1)
        {
            List<GrainRange> runs = [];
            foreach (GrainRange run in map.Ranges(value: true))
            {
                if (runs.Count > 0 && run.First - runs[^1].End <= gap)
                {
                    runs[^1] = new GrainRange(runs[^1].First, run.End - runs[^1].First);
                }
                else if (runs.Count == MaximumRuns)
                {
                    runs.Clear();
                    break;
                }
                else
                {
                    runs.Add(run);
                }
            }

            if (runs.Count > 0 || map.NextSet(0) == map.GrainCount)
            {
                return runs;
            }
        }
    }
}
