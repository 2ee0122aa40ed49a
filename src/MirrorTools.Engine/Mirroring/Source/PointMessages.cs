using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>What site 1 tells site 2 of its points (F-9, F-12). Only a completion needs to know that the link was cut.</summary>
internal static class PointMessages
{
    /// <summary>A point was taken.</summary>
    public static Task TellBegunAsync(SourceSession session, ulong point, DateTimeOffset takenAt, long grains) => SendAsync(
        session, new PeerMessage(MirrorMessage.BeginPoint, 0, 0, point, 0, grains, Guid.Empty), new PointTimes(takenAt, DateTimeOffset.MinValue).Encode());

    /// <summary>No point is under way.</summary>
    public static Task TellNoneAsync(SourceSession session) =>
        SendAsync(session, new PeerMessage(MirrorMessage.NoPoint, 0, 0, 0, 0, 0, Guid.Empty), default);

    /// <summary>The point is given up.</summary>
    public static Task TellGivenUpAsync(SourceSession session, ulong point) =>
        SendAsync(session, new PeerMessage(MirrorMessage.GiveUp, 0, 0, point, 0, 0, Guid.Empty), default);

    /// <summary>The group's lead has committed the point.</summary>
    public static Task TellSettledAsync(SourceSession session, CommittedPoint committed) => SendAsync(
        session,
        new PeerMessage(MirrorMessage.Settle, 0, 0, committed.Number, 0, 0, committed.Id),
        new PointTimes(committed.TakenAt, committed.CommittedAt).Encode());

    /// <summary>All of the point is on C: prepare it, and choose unless another pair leads the group.</summary>
    /// <exception cref="LinkClosedException">The link is cut.</exception>
    public static ValueTask CompleteAsync(SourceSession session, ulong point, DateTimeOffset takenAt, Guid? lead)
    {
        PeerMessage message = new(MirrorMessage.Complete, lead is null ? (ushort)0 : MirrorMessage.PrepareOnly, 0, point, 0, 0, session.Instance);
        byte[] times = new PointTimes(takenAt, DateTimeOffset.MinValue).Encode();
        return session.Channel.SendAsync(message, lead is { } other ? [.. times, .. other.ToByteArray()] : times, CancellationToken.None);
    }

    // Where the link is cut the next session says anew where the point stands, and a completion of this one counts no more.
    private static async Task SendAsync(SourceSession session, PeerMessage message, ReadOnlyMemory<byte> payload)
    {
        try
        {
            await session.Channel.SendAsync(message, payload, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
        }
    }
}
