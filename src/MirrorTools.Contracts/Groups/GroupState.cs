namespace MirrorTools.Contracts.Groups;

/// <summary>Whether points of a group can be taken.</summary>
public enum GroupState
{
    /// <summary>All its pairs are open and their source agents connected, as far as the agent that answers has to do with them.</summary>
    Complete,

    /// <summary>Some are not, and no point is taken before they are.</summary>
    Incomplete,
}
