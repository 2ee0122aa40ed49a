namespace MirrorTools.Engine.Volumes;

/// <summary>A run of bytes of one kind.</summary>
/// <param name="LengthBytes">How long the run is; positive.</param>
/// <param name="Kind">What is there.</param>
public readonly record struct BlockExtent(long LengthBytes, ExtentKind Kind);

/// <summary>What a run of a block device holds.</summary>
public enum ExtentKind
{
    /// <summary>Anything; read it to know.</summary>
    Data,

    /// <summary>Allocated, and reads as zeros.</summary>
    Zero,

    /// <summary>Not allocated, and reads as zeros.</summary>
    Hole,
}
