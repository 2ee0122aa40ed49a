namespace MirrorTools.Engine.Pairs;

/// <summary>What a side of a pair is.</summary>
public enum PairRole : byte
{
    /// <summary>Hosts write here.</summary>
    Source = 1,

    /// <summary>The copy is kept here.</summary>
    Target = 2,
}
