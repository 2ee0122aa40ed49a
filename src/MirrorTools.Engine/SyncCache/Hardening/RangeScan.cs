namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>What the scanner knows of one range.</summary>
/// <param name="range">The range.</param>
internal sealed class RangeScan(int range)
{
    /// <summary>The range.</summary>
    public int Range => range;

    /// <summary>Where its scan stands.</summary>
    public ScanState State { get; private set; }

    /// <summary>The number of the scan that is under way, or of the last one.</summary>
    public ulong Number { get; set; }

    /// <summary>When the state was entered, as a timestamp.</summary>
    public long StateSince { get; private set; }

    /// <summary>True once it was shown that the scan stays in its state.</summary>
    public bool IsShown { get; set; }

    /// <summary>How many grains were marked since the last toggle; 0 where the keeper's current map is known to be empty.</summary>
    public long Marks { get; set; }

    /// <summary>When the first of them was, as a timestamp.</summary>
    public long MarkedAt { get; set; }

    /// <summary>Moves the scan.</summary>
    /// <param name="what">What has happened.</param>
    /// <param name="now">A timestamp.</param>
    public void Move(ScanEvent what, long now)
    {
        State = ScanMachine.Next(State, what);
        (StateSince, IsShown) = (now, false);
    }
}
