using MirrorTools.Engine.Link;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>Both ends of a session and of one channel on it.</summary>
internal sealed record LinkedChannels(LinkSession SessionA, LinkSession SessionB, IPeerChannel A, IPeerChannel B);
