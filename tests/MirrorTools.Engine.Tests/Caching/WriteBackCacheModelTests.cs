using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>Hosts that put, zero, read and harden at once, on disks that delay, reorder and tear, until the power goes.</summary>
public sealed class WriteBackCacheModelTests
{
    [Fact]
    [Rule("S-7")]
    [Rule("S-8")]
    [Rule("S-15")]
    public void What_is_announced_as_hardened_survives_power_cuts_and_no_read_is_older_than_what_was_put()
    {
        CacheRunTally tally = new();
        for (ulong seed = 1; seed <= 120; seed++)
        {
            new CacheRun(seed, tally).Run();
        }

        Assert.True(
            tally is { Puts: > 20_000, Overwrites: > 5_000, Reads: > 5_000, StaleDiskReads: > 200, Hardened: > 3_000, Hardenings: > 1_000, RoomWaits: > 500, LostSectors: > 5_000 },
            $"The seeds try too little: {tally}");
    }
}
