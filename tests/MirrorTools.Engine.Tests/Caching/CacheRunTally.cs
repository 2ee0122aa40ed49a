namespace MirrorTools.Engine.Tests.Caching;

/// <summary>What the seeds of the model test tried.</summary>
internal sealed record CacheRunTally
{
    public int Puts { get; set; }

    public int Overwrites { get; set; }

    public int Reads { get; set; }

    public int StaleDiskReads { get; set; }

    public int Hardened { get; set; }

    public int Hardenings { get; set; }

    public int RoomWaits { get; set; }

    public long LostSectors { get; set; }
}
