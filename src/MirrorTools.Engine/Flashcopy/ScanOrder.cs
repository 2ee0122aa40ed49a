namespace MirrorTools.Engine.Flashcopy;

/// <summary>The order in which the background copy takes grains (F-4).</summary>
public enum ScanOrder : byte
{
    /// <summary>From the first grain to the last.</summary>
    Ascending,

    /// <summary>Regions that hosts used last go first.</summary>
    LastAccessed,
}
