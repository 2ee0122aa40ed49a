namespace MirrorTools.Engine.Journal;

/// <summary>What the two places of a dirty-region log say together after any kind of stop.</summary>
/// <param name="Table">The region of every slot.</param>
/// <param name="NextSequence">The number of the next block.</param>
/// <param name="AllUnknown">True where the log could not be rebuilt, or says itself that it does not know: any region may differ.</param>
/// <param name="InSync">True where both places hold the same, so that nothing has to be written before going on.</param>
/// <param name="Authorities">The places that hold the newest block; they learn first of a place that comes back.</param>
/// <param name="IsClean">True where the newest block is the one of a clean close.</param>
internal sealed record RegionLogRecovery(long[] Table, ulong NextSequence, bool AllUnknown, bool InSync, RegionLogFlags Authorities, bool IsClean)
{
    /// <summary>Judges the two rings. It never guesses: where a place may have gone on alone and can't be asked, everything is unknown.</summary>
    public static RegionLogRecovery From(RegionLogRing first, RegionLogRing second, MetadataIdentity identity)
    {
        RegionLogRing[] rings = [first, second];
        ulong newest = Math.Max(first.Newest?.Sequence ?? 0, second.Newest?.Sequence ?? 0);
        RegionLogFlags authorities = RegionLogFlags.None;
        RegionLogFlags claims = RegionLogFlags.None;
        RegionLogFlags says = RegionLogFlags.None;
        for (int place = 0; place < rings.Length; place++)
        {
            if (rings[place].Newest is not { } block)
            {
                continue;
            }

            claims |= (block.Flags & RegionLogFlags.BothPlaces) == Flag(place) ? Flag(place) : RegionLogFlags.None;
            if (block.Sequence == newest)
            {
                authorities |= Flag(place);
                says |= block.Flags;
            }
        }

        long[]? table = Rebuild(first, second, newest, identity);
        bool unknown = table is null
            || authorities == RegionLogFlags.None
            || claims == RegionLogFlags.BothPlaces
            || IsMissing(0)
            || IsMissing(1);
        bool inSync = !unknown && authorities == RegionLogFlags.BothPlaces && (says & RegionLogFlags.BothPlaces) == RegionLogFlags.BothPlaces;

        // A place that can't be asked may be one block ahead of this one; the jump keeps it behind for good.
        ulong next = unknown ? newest + RegionLogBlock.RingBlocks + 1 : newest + 1;
        bool allUnknown = unknown || says.HasFlag(RegionLogFlags.AllUnknown);
        return new RegionLogRecovery(
            table ?? EmptyTable(identity), next, allUnknown, inSync, authorities, IsClean: !allUnknown && says.HasFlag(RegionLogFlags.Reset));

        bool IsMissing(int place) => says.HasFlag(Flag(place)) && rings[place].Newest is null;
    }

    /// <summary>The flag of a place.</summary>
    public static RegionLogFlags Flag(int place) => place == 0 ? RegionLogFlags.FirstPlace : RegionLogFlags.SecondPlace;

    /// <summary>A table of free slots.</summary>
    public static long[] EmptyTable(MetadataIdentity identity)
    {
        long[] table = new long[identity.RegionSlots];
        Array.Fill(table, RegionLogBlock.NoRegion);
        return table;
    }

    /// <summary>Replays the newest blocks over both places; null where one is missing or two of the same number differ.</summary>
    private static long[]? Rebuild(RegionLogRing first, RegionLogRing second, ulong newest, MetadataIdentity identity)
    {
        Stack<(RegionLogBlock Header, byte[] Bytes)> run = [];
        for (ulong sequence = newest; ; sequence--)
        {
            bool inFirst = first.Blocks.TryGetValue(sequence, out (RegionLogBlock Header, byte[] Bytes) block);
            if (second.Blocks.TryGetValue(sequence, out (RegionLogBlock Header, byte[] Bytes) other))
            {
                if (inFirst && !block.Bytes.AsSpan().SequenceEqual(other.Bytes))
                {
                    return null;
                }

                block = other;
            }
            else if (!inFirst)
            {
                return null;
            }

            run.Push(block);
            if (block.Header.Flags.HasFlag(RegionLogFlags.Reset) || run.Count == block.Header.SliceCount)
            {
                break;
            }
        }

        long[] table = EmptyTable(identity);
        while (run.TryPop(out (RegionLogBlock Header, byte[] Bytes) block))
        {
            if (!Replay(block.Header, block.Bytes, table, identity.RegionCount))
            {
                return null;
            }
        }

        return table;
    }

    private static bool Replay(RegionLogBlock header, byte[] bytes, long[] table, long regionCount)
    {
        if (header.Flags.HasFlag(RegionLogFlags.Reset))
        {
            Array.Fill(table, RegionLogBlock.NoRegion);
        }

        for (int index = 0; index < header.ChangeCount; index++)
        {
            (int slot, long region) = RegionLogBlock.ReadChange(bytes, index);
            if (slot < 0 || slot >= table.Length || region < RegionLogBlock.NoRegion || region >= regionCount)
            {
                return false;
            }

            table[slot] = region;
        }

        for (int index = 0; index < RegionLogBlock.SlotsPerSlice && header.SliceFirst + index < table.Length; index++)
        {
            long region = RegionLogBlock.ReadSlice(bytes, index);
            if (region < RegionLogBlock.NoRegion || region >= regionCount)
            {
                return false;
            }

            table[header.SliceFirst + index] = region;
        }

        return true;
    }
}
