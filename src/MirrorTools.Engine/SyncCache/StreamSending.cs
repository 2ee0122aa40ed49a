using MirrorTools.Engine.Link;

namespace MirrorTools.Engine.SyncCache;

/// <summary>Sends of which only the other node's answer tells whether they arrived.</summary>
internal static class StreamSending
{
    /// <summary>Completes with the send; that the channel was cut is somebody else's to notice.</summary>
    public static async Task IgnoreCutAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (LinkClosedException)
        {
            // Whoever holds the conversation ends it.
        }
    }
}
