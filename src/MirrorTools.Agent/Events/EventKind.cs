using MirrorTools.Contracts.Events;

namespace MirrorTools.Agent.Events;

/// <summary>A kind of event: its stable name, how much it matters, and the sentence its arguments render to.</summary>
/// <param name="Name">The stable name.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Template">A sentence with arguments in braces; <c>{pair}</c> is the pair's name.</param>
public sealed record EventKind(string Name, EventLevel Level, string Template);
