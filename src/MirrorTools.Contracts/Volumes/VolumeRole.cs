namespace MirrorTools.Contracts.Volumes;

/// <summary>What a volume is to its pair.</summary>
public enum VolumeRole
{
    /// <summary>What hosts see at site 1 (A).</summary>
    Source,

    /// <summary>B.</summary>
    FirstIntermediate,

    /// <summary>C.</summary>
    SecondIntermediate,

    /// <summary>D.</summary>
    Target,

    /// <summary>What recovery shows at site 2: the last committed point.</summary>
    CommittedImage,
}
