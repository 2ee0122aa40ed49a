using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Flashcopy;

/// <summary>Strokes that meet the target while it decides about a point: at random instants they would hardly ever fall there.</summary>
internal sealed class TargetStrokes(FlashcopyWorld world, FlashcopySite site1, FlashcopySite site2)
{
    private static readonly string[] s_moments = ["target.Receiving", "target.Preparing", "target.Prepared", "target.Committing"];
    private static readonly string[] s_faults = ["fail-writes", "fail-reads", "stall"];

    // Its own: a plan in place of the storm draws nothing, and everything else is to be drawn as before.
    private readonly SimRandom _random = world.Run.Scheduler.Random.Fork("strokes");

    private FlashcopySite Target => world.ActiveSite == site1 ? site2 : site1;

    private FlashcopyMember Member => Target.Members[_random.Next(Target.Members.Count)];

    /// <summary>What a seed may draw.</summary>
    public void AddTo(FaultStorm storm)
    {
        storm.Add(FaultKinds.Storage, StrikeStorage);
        storm.Add(FaultKinds.Storage, StrikeRecord);
        storm.Add(FaultKinds.Kills, () => world.Run.Plan.Arm("target.Faulted", 1, "kill", Target.Site.Name));
    }

    private void StrikeStorage()
    {
        var member = Member;
        var disk = _random.Chance(0.5) ? member.Volume : member.Intermediate;
        var fault = s_faults[_random.Next(s_faults.Length)];
        string[] extent = fault == "stall" ? [FaultVerbs.Text(TimeSpan.FromMilliseconds(_random.Next(50, 1000))), "3s"] : ["1"];
        world.Run.Plan.Arm(s_moments[_random.Next(s_moments.Length)], _random.Next(1, 4), "disk", [disk.Name, fault, .. extent]);
    }

    // The record may reach the disk although its flush fails: a point that was refused is committed all the same.
    private void StrikeRecord()
    {
        var metadata = Member.Metadata.Name;
        world.Run.Plan.Arm("target.Preparing", _random.Next(1, 4), "arm", $"{metadata}.flush", $"{_random.Next(1, 4)}", "disk", metadata, "fail-flushes", "1");
    }
}
