namespace MirrorTools.Engine.Pairs;

/// <summary>How the history of one side stands to the other's.</summary>
public enum GenerationRelation
{
    /// <summary>Both hold the same generation.</summary>
    Same,

    /// <summary>The other side has gone on from this side's generation.</summary>
    Older,

    /// <summary>This side has gone on from the other's generation.</summary>
    Newer,

    /// <summary>Both have gone on, each without the other.</summary>
    Diverged,
}
