using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>One of the two places of a dirty-region log.</summary>
/// <param name="Device">The device.</param>
/// <param name="OffsetBytes">Where the log begins on it: a multiple of 4 KiB.</param>
public readonly record struct LogPlace(IBlockDevice Device, long OffsetBytes);
