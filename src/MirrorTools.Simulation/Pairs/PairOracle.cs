using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Simulation.Pairs;

/// <summary>Holds what a site shows against what hosts were told.</summary>
internal static class PairOracle
{
    /// <summary>Reads the committed images of an agent's targets that go on working, and checks them (P-1, P-2).</summary>
    public static async Task AuditAsync(PairWorld world, PairNode node)
    {
        if (node.Of == world.ActiveSite || world.ActiveSite!.Nodes.Any(source => source.History is null) || !node.IsTarget)
        {
            return;
        }

        var told = world.ToldCommitted;
        List<PinnedPoint> pins = [];
        try
        {
            ulong? older = null;
            foreach (var target in node.Members.Select(member => member.Target!).ToArray())
            {
                var status = await target.GetStatusAsync();
                if (status.LastCommitted.IsNone)
                {
                    return;
                }

                if (pins.Count == 0 && status.RetainedPoints.Count > 0 && world.Random.Chance(0.5))
                {
                    older = status.RetainedPoints[world.Random.Next(status.RetainedPoints.Count)];
                }

                pins.Add(await target.PinAsync(older));
            }

            if (pins.Exists(pin => pin.Point.Number != pins[0].Point.Number))
            {
                // the group's lead has chosen, and others have not recorded it yet: what a recovery would settle first
                world.Run.Totals.Count("audits of a group between two points");
                return;
            }

            var images = new byte[]?[world.Identities.Count];
            for (var pin = 0; pin < pins.Count; pin++)
            {
                var member = node.Members[pin];
                images[member.Index] = new byte[member.Identity.Geometry.LengthBytes];
                await ReadAsync(world, pins[pin], images[member.Index]!);
            }

            // Followers may not have recorded yet what the lead has chosen.
            var atLeast = older is null && node.Members[0].Index == 0 ? told : 0;
            world.Run.Totals.Count(older is null ? "audits" : "audits of a retained point");
            CheckPoint(world, world.ActiveSite!, [.. pins.Select(pin => pin.Point)], atLeast, images, $"the image that {node.Site.Name} shows");
        }
        catch (BlockDeviceException lost) when (lost.Message.Contains("was given up while it was read", StringComparison.Ordinal))
        {
            // the area of preserved grains is full: the mirror goes on, and the reader is told
            world.Run.Totals.Count("audits of a point that was given up for room");
        }
        catch (IOException) when (world.HasStorageFaults(node.Site))
        {
            // what it read from failed
        }
        catch (PairException gone) when (gone.Error == PairError.PointNotKept)
        {
            // committed meanwhile, or dropped for want of room
            world.Run.Totals.Count("audits of a point that is gone");
        }
        catch (PairException held) when (held.Error == PairError.GateTimedOut)
        {
            world.Run.Totals.Count("audits held up by a reader");
        }
        finally
        {
            foreach (var pin in pins)
            {
                await pin.DisposeAsync();
            }
        }
    }

    // piece by piece with pauses, so that commits and copies happen in between (F-28)
    private static async Task ReadAsync(PairWorld world, PinnedPoint pin, byte[] image)
    {
        var piece = Math.Max(512, image.Length / world.Random.Next(1, 9) / 512 * 512);
        for (var at = 0; at < image.Length; at += piece)
        {
            await pin.Image.ReadAsync(at, image.AsMemory(at, Math.Min(piece, image.Length - at)), CancellationToken.None);
            await Task.Delay(world.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(400)), world.Run.Time);
        }
    }

    /// <summary>The images are exactly the sources at one point's t1, and the point is not older than what anyone was told of.</summary>
    /// <param name="world">The world.</param>
    /// <param name="source">The site whose hosts wrote it.</param>
    /// <param name="points">What the members say that their images are.</param>
    /// <param name="told">The point that somebody was told of.</param>
    /// <param name="images">The volumes of the group; null for those that are not looked at.</param>
    /// <param name="what">What is looked at, for people.</param>
    public static void CheckPoint(PairWorld world, PairSite source, IReadOnlyList<CommittedPoint> points, ulong told, byte[]?[] images, string what)
    {
        var point = points[0];
        if (points.Any(other => other.Number != point.Number || other.TakenAt != point.TakenAt))
        {
            throw ScenarioRun.Broken("P-1", $"{what} is of several points: {string.Join(", ", points.Select(p => $"{p.Number} of {p.TakenAt - world.Run.Scheduler.Epoch:c}"))}");
        }

        if (point.Number < told)
        {
            throw ScenarioRun.Broken("P-2", $"{what} is point {point.Number}, but somebody was told that {told} is committed");
        }

        world.Tell(point.Number);
        foreach (var node in source.Nodes)
        {
            CheckNode(world, node, point, [.. node.Members.Select(member => images[member.Index])], what);
        }
    }

    // each agent's hosts have a history of their own; the instant t1 is the same in all of them
    private static void CheckNode(PairWorld world, PairNode source, CommittedPoint point, byte[]?[] images, string what)
    {
        var takenAt = point.TakenAt - world.Run.Scheduler.Epoch;
        string? violation = "t1 lies in no epoch of the source";
        foreach (var window in (source.History ?? source.GivenUp)!.WindowsAt(takenAt))
        {
            violation = ImageChecker.Check(window, images);
            if (violation is null)
            {
                return;
            }
        }

        throw ScenarioRun.Broken("P-1", $"{what} is not {source.Site.Name} at point {point.Number} (t1 {takenAt:c}, grain {world.Shape.Geometries[0].GrainBytes}): {violation}");
    }
}
