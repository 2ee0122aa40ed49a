using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Which part of site 1 an exception speaks of.</summary>
internal static class SourceFault
{
    /// <summary>What the pair is suspended for; what is neither the source nor the first intermediate is the metadata.</summary>
    public static SuspendReason ReasonOf(IOException exception) => exception switch
    {
        FirstIntermediateException => SuspendReason.FirstIntermediateFailed,
        SourceFailedException => SuspendReason.SourceUnreadable,
        _ => SuspendReason.MetadataFailed,
    };
}
