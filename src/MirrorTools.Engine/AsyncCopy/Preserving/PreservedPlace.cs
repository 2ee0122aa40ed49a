namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>Where a preserved grain is.</summary>
/// <param name="OffsetBytes">Where on the area's device its bytes begin; of no meaning where <paramref name="IsZeros"/>.</param>
/// <param name="IsZeros">True where the grain was all zeros: nothing is stored for it, and nothing is to be read.</param>
internal readonly record struct PreservedPlace(long OffsetBytes, bool IsZeros);
