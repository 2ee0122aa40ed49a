using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>What site 2 tells site 1 of its points (F-9).</summary>
internal static class PointAnswers
{
    /// <summary>A group's point is prepared here.</summary>
    public static Task TellPreparedAsync(IPeerChannel channel, ulong point, Guid instance) =>
        SendAsync(channel, new PeerMessage(MirrorMessage.Prepared, 0, 0, point, 0, 0, instance), default);

    /// <summary>A point is committed.</summary>
    public static Task TellCommittedAsync(IPeerChannel channel, CommittedPoint committed) => SendAsync(
        channel, new PeerMessage(MirrorMessage.Committed, 0, 0, committed.Number, 0, 0, committed.Id), new PointTimes(committed.TakenAt, committed.CommittedAt).Encode());

    /// <summary>A prepared point was given up.</summary>
    public static Task TellGivenUpAsync(IPeerChannel channel, ulong point) =>
        SendAsync(channel, new PeerMessage(MirrorMessage.GivenUp, 0, 0, point, 0, 0, Guid.Empty), default);

    /// <summary>A point can't be prepared by this instance.</summary>
    public static Task RefuseAsync(IPeerChannel channel, ulong point, Guid instance, PrepareRefusal why) =>
        SendAsync(channel, new PeerMessage(MirrorMessage.Refused, 0, (uint)why, point, 0, 0, instance), default);

    private static async Task SendAsync(IPeerChannel channel, PeerMessage message, ReadOnlyMemory<byte> payload)
    {
        try
        {
            await channel.SendAsync(message, payload, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
            // Site 1 asks again by its next greeting.
        }
    }
}
