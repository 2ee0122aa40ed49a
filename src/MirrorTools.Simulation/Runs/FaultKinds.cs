namespace MirrorTools.Simulation.Runs;

/// <summary>The kinds of fault that a seed may draw.</summary>
[Flags]
public enum FaultKinds
{
    /// <summary>None: the engine on a good day.</summary>
    None = 0,

    /// <summary>Processes are killed; the page cache survives.</summary>
    Kills = 1,

    /// <summary>Sites lose power, one or both.</summary>
    Power = 2,

    /// <summary>Connections are cut in mid-frame.</summary>
    Cuts = 4,

    /// <summary>Directions are blocked and sites parted, for short or long.</summary>
    Partitions = 8,

    /// <summary>A process stops answering for a while.</summary>
    Freezes = 16,

    /// <summary>Storages fail, stall or fill up.</summary>
    Storage = 32,

    /// <summary>Admins pause, resume, supersede, change policies and fail over.</summary>
    Admins = 64,

    /// <summary>All of them.</summary>
    All = Kills | Power | Cuts | Partitions | Freezes | Storage | Admins,
}
