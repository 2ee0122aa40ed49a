namespace MirrorTools.Contracts.Pairs;

/// <summary>What this agent is to a pair.</summary>
public enum PairRole
{
    /// <summary>Site 1: hosts write here.</summary>
    Source,

    /// <summary>Site 2: holds the committed image.</summary>
    Target,

    /// <summary>One agent is both sites.</summary>
    Both,
}
