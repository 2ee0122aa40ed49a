namespace MirrorTools.Engine.Journal;

/// <summary>What the dirty-region log knows of a region.</summary>
public enum RegionState : byte
{
    /// <summary>Not in the log: a write must mark it hot first.</summary>
    Cold = 0,

    /// <summary>Durably in the log: writes may reach the medium.</summary>
    Hot = 1,

    /// <summary>Durably in the log, and leaving it unless a write comes first.</summary>
    Cooling = 2,
}
