namespace MirrorTools.Contracts.Groups;

/// <summary>Whether points of a group can be taken.</summary>
public enum GroupState
{
    /// <summary>All its pairs are open, as far as the agent that answers has them.</summary>
    Complete,

    /// <summary>Some are not open, and no point is taken before they are.</summary>
    Incomplete,
}
