using System.Text;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>
/// What a group's coordinator and its branches say to each other, carried as <see cref="PeerMessage.Kind"/>; docs/formats/group-messages.md has the fields of each.
/// C: sent by the coordinator, B: by a branch.
/// </summary>
internal static class GroupMessage
{
    /// <summary>C: opens the conversation. Status: the version, 1. Payload: the plan's digest.</summary>
    public const ushort Hello = 128;

    /// <summary>B: how its members stand, and each second anew. Point: the smallest number its next point may have; Flags: <see cref="HasChanges"/>; Status: 0 or a <see cref="PairError"/> + 1; payload: why.</summary>
    public const ushort Status = 129;

    /// <summary>C: hold the writes for a point. Flags: <see cref="Supersedes"/>; Status: the run timer in ms.</summary>
    public const ushort Hold = 130;

    /// <summary>B: no write is acknowledged from now on, until the point runs or the run timer expires .</summary>
    public const ushort Accepted = 131;

    /// <summary>B: the point can't be taken, or not any more. Status: a <see cref="PairError"/> + 1; payload: why.</summary>
    public const ushort Refused = 132;

    /// <summary>C: every agent holds its writes; the point is now. Payload: t1.</summary>
    public const ushort Run = 133;

    /// <summary>B: the point is taken here, and hosts go on.</summary>
    public const ushort Running = 134;

    /// <summary>B: everything of the point is at the other sites .</summary>
    public const ushort Copied = 135;

    /// <summary>C: that holds for all agents; have the other sites prepare .</summary>
    public const ushort Prepare = 136;

    /// <summary>B: they have prepared.</summary>
    public const ushort Prepared = 137;

    /// <summary>C: the lead has committed. Subject: the point's id. Payload: t1, t2.</summary>
    public const ushort Settle = 138;

    /// <summary>C or B: the point is given up. Payload: why.</summary>
    public const ushort GiveUp = 139;

    /// <summary>B: an admin wants a point here. Subject: names the wish. Flags: <see cref="Supersedes"/>.</summary>
    public const ushort Ask = 140;

    /// <summary>C: what came of the wish. Subject: as asked. Point; or Status: a <see cref="PairError"/> + 1, and payload: why.</summary>
    public const ushort Answer = 141;

    /// <summary>A flag of <see cref="Hold"/> and <see cref="Ask"/>.</summary>
    public const ushort Supersedes = 1;

    /// <summary>A flag of <see cref="Status"/>: a volume has changed since the last point.</summary>
    public const ushort HasChanges = 1;

    /// <summary>The version of these messages.</summary>
    public const uint Version = 1;

    private const int MaximumTextChars = 1000;

    /// <summary>Sends a message; where the channel is cut, the conversation's end tells.</summary>
    public static async Task SendAsync(IPeerChannel? channel, PeerMessage message, ReadOnlyMemory<byte> payload = default)
    {
        if (channel is null)
        {
            return;
        }

        try
        {
            await channel.SendAsync(message, payload, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
        }
    }

    /// <summary>A message that speaks of a point.</summary>
    public static PeerMessage Of(ushort kind, ulong point, ushort flags = 0, uint status = 0, Guid subject = default) => new(kind, flags, status, point, 0, 0, subject);

    /// <summary>A message with a refusal, and its text.</summary>
    public static (PeerMessage Message, ReadOnlyMemory<byte> Payload) Refusal(ushort kind, ulong point, PairException refusal, Guid subject = default) =>
        (Of(kind, point, status: (uint)refusal.Error + 1, subject: subject), Text(refusal.Message));

    /// <summary>The refusal that a message carries; null where it carries none.</summary>
    /// <param name="received">The message.</param>
    /// <param name="agent">Who sent it.</param>
    public static PairException? RefusalOf(ReceivedMessage received, string agent)
    {
        uint status = received.Message.Status;
        PairError error = (PairError)(status - 1);
        return status == 0 ? null : new PairException(Enum.IsDefined(error) ? error : PairError.GroupIncomplete, $"On the agent '{agent}': {TextOf(received)}");
    }

    /// <summary>Text as a payload.</summary>
    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text.Length > MaximumTextChars ? text[..MaximumTextChars] : text);

    /// <summary>The text of a message.</summary>
    public static string TextOf(ReceivedMessage received) => Encoding.UTF8.GetString(received.Payload.Span);

    /// <summary>The other agent does what the protocol does not allow.</summary>
    public static LinkClosedException Violation(PeerMessage message) =>
        new(LinkCloseReason.ProtocolViolation, $"The other agent sent a message of the group that is not expected here, of kind {message.Kind}.");
}
