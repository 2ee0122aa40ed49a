namespace MirrorTools.Engine.Link;

/// <summary>
/// The header of a message between the two sides of a pair. The link carries the fields and gives them no meaning; each copy service says what they are.
/// </summary>
/// <param name="Kind">What the message is; its numbers belong to the copy service.</param>
/// <param name="Flags">Bits that belong to the kind.</param>
/// <param name="Status">Outcome that the message reports; 0 is success.</param>
/// <param name="Point">Number of the consistency point the message speaks of.</param>
/// <param name="FirstGrain">First grain of the run the message speaks of.</param>
/// <param name="GrainCount">Length of that run in grains.</param>
/// <param name="Subject">Identity of what the message speaks of, such as a session, point or generation.</param>
public readonly record struct PeerMessage(
    ushort Kind, ushort Flags, uint Status, ulong Point, long FirstGrain, long GrainCount, Guid Subject);
