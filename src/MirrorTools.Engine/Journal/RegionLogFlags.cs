namespace MirrorTools.Engine.Journal;

/// <summary>What a block of the dirty-region log says of the log as a whole.</summary>
[Flags]
public enum RegionLogFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The first place is written to.</summary>
    FirstPlace = 1,

    /// <summary>The second place is written to.</summary>
    SecondPlace = 2,

    /// <summary>Both places are written to.</summary>
    BothPlaces = FirstPlace | SecondPlace,

    /// <summary>Every slot is free before this block's changes: nothing older is needed to rebuild the table.</summary>
    Reset = 4,

    /// <summary>Any region may differ, whatever the table says.</summary>
    AllUnknown = 8,
}
