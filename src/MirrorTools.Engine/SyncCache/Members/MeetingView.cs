namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>What a node says of itself when it meets another one.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Record">What it knows durably.</param>
/// <param name="HasCache">
/// True where nothing was lost that it acknowledged: it was closed cleanly before it was opened, or has been open since it became a member.
/// </param>
internal sealed record MeetingView(Guid Node, SyncRecord Record, bool HasCache);
