using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

internal enum ModelMessageKind
{
    /// <summary>The first message of a session, from the secondary: the last write it has received.</summary>
    Hello,
    Write,
    Acknowledge,
    ScanStarted,
    ScanAccepted,
    ScanCompleted,
}

/// <summary>A message of one of the streams.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">The write's or the scan's number.</param>
/// <param name="Grains">A write's grains.</param>
/// <param name="Range">A scan's range.</param>
internal readonly record struct ModelMessage(ModelMessageKind Kind, long Number, GrainRange Grains = default, int Range = 0)
{
    public override string ToString() => Kind switch
    {
        ModelMessageKind.Write => $"Write {Number} of {Grains.First}+{Grains.Count}",
        ModelMessageKind.Hello or ModelMessageKind.Acknowledge => $"{Kind} {Number}",
        _ => $"{Kind} {Number} of range {Range}",
    };
}
