namespace MirrorTools.Simulation.Disks;

/// <summary>
/// What was written and may not survive a power loss: for each sector the versions since its last durable one, oldest first. A flush settles the
/// versions up to an instant; a power loss picks, per sector, the durable one or any of the others.
/// </summary>
internal sealed class WriteCache(PageStore durable)
{
    public const int SectorBytes = 512;

    private readonly Dictionary<long, List<Version>> _sectors = [];
    private readonly List<long> _scratch = [];

    /// <summary>The number of the last version that was put in.</summary>
    public long LastSequence { get; private set; }

    public int UnsettledSectors => _sectors.Count;

    /// <summary>Puts a write's sectors in; null <paramref name="data"/> means zeros.</summary>
    public void Put(long offsetBytes, long lengthBytes, byte[]? data, long writeId)
    {
        LastSequence++;
        for (long at = 0; at < lengthBytes; at += SectorBytes)
        {
            var sector = (offsetBytes + at) / SectorBytes;
            if (!_sectors.TryGetValue(sector, out var versions))
            {
                _sectors[sector] = versions = [];
            }

            versions.Add(new Version(LastSequence, writeId, data, (int)at));
        }
    }

    /// <summary>Makes the versions up to <paramref name="sequence"/> durable.</summary>
    public void Settle(long sequence)
    {
        _scratch.Clear();
        _scratch.AddRange(_sectors.Keys);
        foreach (var sector in _scratch)
        {
            SettleSector(sector, sequence);
        }
    }

    /// <summary>Makes the versions of a range durable, up to <paramref name="sequence"/> (a forced unit access).</summary>
    public void SettleRange(long offsetBytes, long lengthBytes, long sequence)
    {
        for (long at = 0; at < lengthBytes; at += SectorBytes)
        {
            SettleSector((offsetBytes + at) / SectorBytes, sequence);
        }
    }

    /// <summary>The sectors that have unsettled versions, in ascending order.</summary>
    public long[] Sectors() => [.. _sectors.Keys.Order()];

    /// <summary>The unsettled versions of a sector, oldest first.</summary>
    public IReadOnlyList<Version> VersionsOf(long sector) => _sectors[sector];

    /// <summary>Makes <paramref name="version"/> the sector's durable content, or leaves it as it was where null; no version stays unsettled.</summary>
    public void Decide(long sector, Version? version)
    {
        if (version is { } chosen)
        {
            WriteDurable(sector, chosen);
        }

        _sectors.Remove(sector);
    }

    private void SettleSector(long sector, long sequence)
    {
        if (!_sectors.TryGetValue(sector, out var versions))
        {
            return;
        }

        var settled = 0;
        while (settled < versions.Count && versions[settled].Sequence <= sequence)
        {
            settled++;
        }

        if (settled == 0)
        {
            return;
        }

        WriteDurable(sector, versions[settled - 1]);
        versions.RemoveRange(0, settled);
        if (versions.Count == 0)
        {
            _sectors.Remove(sector);
        }
    }

    private void WriteDurable(long sector, Version version)
    {
        if (version.Data is { } data)
        {
            durable.Write(sector * SectorBytes, data.AsSpan(version.OffsetInData, SectorBytes));
        }
        else
        {
            durable.Clear(sector * SectorBytes, SectorBytes, unmap: false);
        }
    }

    /// <summary>One content of a sector.</summary>
    internal readonly record struct Version(long Sequence, long WriteId, byte[]? Data, int OffsetInData);
}
