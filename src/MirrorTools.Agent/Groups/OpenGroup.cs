using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Groups;

/// <summary>What the open sources of a group share.</summary>
/// <param name="Pairs">The members it was made for, the lead first.</param>
/// <param name="Engine">Takes their points.</param>
/// <param name="Scheduler">The serial scheduler of all of them.</param>
internal sealed record OpenGroup(IReadOnlyList<Guid> Pairs, PointGroup Engine, SynchronizationContext Scheduler);
