using System.Globalization;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sites;

namespace MirrorTools.Simulation.Pairs;

/// <summary>Strokes that meet the target while it decides about a point: at random instants they would hardly ever fall there.</summary>
internal sealed class TargetStrokes(PairWorld world, PairSite site1, PairSite site2)
{
    private static readonly string[] s_moments = ["target.Receiving", "target.Preparing", "target.Prepared", "target.Committing"];
    private static readonly TimeSpan s_slowness = TimeSpan.FromMilliseconds(300);
    private static readonly string[] s_faults = ["fail-writes", "fail-reads", "stall"];

    // Its own: a plan in place of the storm draws nothing, and everything else is to be drawn as before.
    private readonly SimRandom _random = world.Run.Scheduler.Random.Fork("strokes");

    private PairSite Target => world.ActiveSite == site1 ? site2 : site1;

    private PairMember Member => Target.Members[_random.Next(Target.Members.Count)];

    /// <summary>The verb of plans that these strokes have of their own.</summary>
    public void Handle() => world.Run.Plan.Handle("strain", words => Strain(int.Parse(words[0], CultureInfo.InvariantCulture)));

    /// <summary>What a seed may draw.</summary>
    public void AddTo(FaultStorm storm)
    {
        storm.Add(FaultKinds.Storage, StrikeStorage);
        storm.Add(FaultKinds.Storage, StrikeRecord);
        storm.Add(FaultKinds.Storage, () => world.Run.Plan.Arm(
            s_moments[_random.Next(2)], _random.Next(1, 4), "strain", $"{_random.Next(Target.Members.Count)}"));
        storm.Add(FaultKinds.Kills, () => world.Run.Plan.Arm("target.Faulted", 1, "kill", AnyNode().Site.Name));
    }

    private PairNode AnyNode() => Target.Nodes[Target.Nodes.Count == 1 ? 0 : _random.Next(Target.Nodes.Count)];

    private void StrikeStorage()
    {
        var member = Member;
        var disk = _random.Chance(0.5) ? member.Volume : member.Intermediate;
        var fault = s_faults[_random.Next(s_faults.Length)];
        string[] extent = fault == "stall" ? [FaultVerbs.Text(TimeSpan.FromMilliseconds(_random.Next(50, 1000))), "3s"] : ["1"];
        world.Run.Plan.Arm(s_moments[_random.Next(s_moments.Length)], _random.Next(1, 4), "disk", [disk.Name, fault, .. extent]);
    }

    // Slow readers keep a commit waiting with the renewal of its maps; meanwhile the copy to D fails.
    private void Strain(int index)
    {
        var member = Target.Members[index];
        if (member.Target is not { } target || member.Node.Site.Process is not { IsAlive: true } process)
        {
            return;
        }

        world.LastStrike[member.Node.Site.Name] = world.Run.Scheduler.Now;
        member.Volume.Faults.ExtraLatency = member.Intermediate.Faults.ExtraLatency = s_slowness;
        process.Start(() => ReadAsync(target, member.Identity.Geometry.LengthBytes));
        process.Start(() => ReadAsync(target, member.Identity.Geometry.LengthBytes));
        world.Run.Scheduler.Schedule(s_slowness / 2, () =>
        {
            // Recovered meanwhile, hosts write to D.
            if (member.Target == target && !world.IsCalm)
            {
                member.Volume.Faults.FailingWrites++;
            }
        }, "strain");
        world.Run.Scheduler.Schedule(s_slowness * 4, () =>
        {
            member.Volume.Faults.Repair();
            member.Intermediate.Faults.Repair();
        }, "strain ends");
    }

    private static async Task ReadAsync(MirrorTarget target, long lengthBytes)
    {
        try
        {
            for (var reads = 0; reads < 4; reads++)
            {
                await target.Image.ReadAsync(0, new byte[lengthBytes], CancellationToken.None);
            }
        }
        catch (Exception exception) when (exception is IOException or PairException or ObjectDisposedException)
        {
            // What it reads from failed or was closed, or there is nothing to read yet.
        }
    }

    // The record may reach the disk although its flush fails: a point that was refused is committed all the same.
    private void StrikeRecord()
    {
        var metadata = Member.Metadata.Name;
        world.Run.Plan.Arm("target.Preparing", _random.Next(1, 4), "arm", $"{metadata}.flush", $"{_random.Next(1, 4)}", "disk", metadata, "fail-flushes", "1");
    }
}
